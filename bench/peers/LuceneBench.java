/* LuceneBench.java - Lucene as an engine under the bench; see bench/asker.h for what it answers. Run by lucene.sh.
 *
 *     index DIR FILE   one document a line, words between single spaces; into one segment, with positions and lengths
 *     answer DIR       serves standard input
 *
 * One thread. The field has term frequencies and positions, nothing is stored. BM25Similarity of Lucene 8 leaves the
 * factor k1 + 1 out, so that 2.2 times its scores are ours, but for lengths: both keep four bits of them, there of the
 * length less 24, and so a score may differ by an eighth of itself at most.
 */
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogByteSizeMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopScoreDocCollector;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Version;

final class LuceneBench {
    private static final String FIELD = "text";
    private static final double RAM_BUFFER_MB = 512;
    private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    /* A query of the file, as words; the Query is made of them inside the timer. */
    private record Item(String op, String[] words) {
        Query query() {
            if (op.equals("PHRASE") && words.length > 1) return new PhraseQuery(FIELD, words);
            BooleanQuery.Builder all = new BooleanQuery.Builder();
            BooleanClause.Occur occur = op.equals("OR") ? BooleanClause.Occur.SHOULD : BooleanClause.Occur.MUST;
            for (String word : words) all.add(new TermQuery(new Term(FIELD, word)), occur);
            return all.build();
        }
    }

    /* The words of a line, cut at single spaces. */
    private static final class Words extends TokenStream {
        private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
        private String line = "";
        private int at;

        Words of(String text) {
            line = text;
            return this;
        }

        @Override
        public void reset() {
            at = 0;
        }

        @Override
        public boolean incrementToken() {
            clearAttributes();
            while (at < line.length() && line.charAt(at) == ' ') at++;
            if (at >= line.length()) return false;
            int end = line.indexOf(' ', at);
            if (end < 0) end = line.length();
            term.append(line, at, end);
            at = end;
            return true;
        }
    }

    private static void index(Path directory, Path file) throws IOException {
        IndexWriterConfig config = new IndexWriterConfig(null);
        config.setOpenMode(IndexWriterConfig.OpenMode.CREATE);
        config.setSimilarity(new BM25Similarity(1.2f, 0.75f));
        config.setRAMBufferSizeMB(RAM_BUFFER_MB);
        config.setUseCompoundFile(false);
        config.setMergePolicy(new LogByteSizeMergePolicy()); // neighbours only: documents keep the order of the lines
        FieldType type = new FieldType();
        type.setIndexOptions(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS);
        type.setTokenized(true);
        type.freeze();
        long indexed = 0;
        Words words = new Words();
        try (IndexWriter writer = new IndexWriter(new MMapDirectory(directory), config);
                BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line; (line = lines.readLine()) != null; indexed++) {
                Document document = new Document();
                document.add(new Field(FIELD, words.of(line), type));
                writer.addDocument(document);
            }
            writer.forceMerge(1);
        }
        OUT.println("{\"indexed\":" + indexed + "}");
    }

    private static List<Item> load(String path) throws IOException {
        List<Item> items = new ArrayList<>();
        for (String line : Files.readAllLines(Paths.get(path))) {
            String[] cells = line.split("\t", 2);
            if (cells.length == 2) items.add(new Item(cells[0], cells[1].trim().split(" +")));
        }
        return items;
    }

    /* Counts hits exactly only as far as the best ones need: pruning from the first block on. */
    private static ScoreDoc[] search(IndexSearcher searcher, Query query, int top) throws IOException {
        TopScoreDocCollector best = TopScoreDocCollector.create(top, top);
        searcher.search(query, best);
        return best.topDocs().scoreDocs;
    }

    private static void time(IndexSearcher searcher, List<Item> items, int top) throws IOException {
        StringBuilder times = new StringBuilder();
        for (Item item : items) {
            long start = System.nanoTime();
            if (top > 0) search(searcher, item.query(), top);
            else searcher.count(item.query());
            times.append(System.nanoTime() - start).append(' ');
        }
        OUT.println(times);
    }

    private static void tell(IndexSearcher searcher, List<Item> items, int top) throws IOException {
        for (Item item : items) {
            StringBuilder line = new StringBuilder();
            if (top == 0) {
                line.append(searcher.count(item.query()));
            } else {
                ScoreDoc[] hits = search(searcher, item.query(), top);
                line.append(hits.length);
                for (ScoreDoc hit : hits) line.append(' ').append(hit.score);
            }
            OUT.println(line);
        }
    }

    private static void answer(Path directory) throws IOException {
        List<Item> items = List.of();
        try (DirectoryReader reader = DirectoryReader.open(new MMapDirectory(directory));
                BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            IndexSearcher searcher = new IndexSearcher(reader);
            searcher.setSimilarity(new BM25Similarity(1.2f, 0.75f));
            searcher.setQueryCache(null);
            OUT.println("ready 2.2 0.125 Lucene " + Version.LATEST + ", " + reader.leaves().size() + " segment, BM25 k1 1.2, b 0.75, "
                    + "no query cache, mmap, " + System.getProperty("java.vm.name") + " " + Runtime.version().feature());
            OUT.flush();
            for (String line; (line = requests.readLine()) != null; OUT.flush()) {
                String[] words = line.split(" ", 2);
                switch (words[0]) {
                    case "load" -> {
                        items = load(words[1]);
                        OUT.println(items.size());
                    }
                    case "time" -> time(searcher, items, Integer.parseInt(words[1]));
                    case "tell" -> tell(searcher, items, Integer.parseInt(words[1]));
                    default -> throw new IOException("a request is load, time or tell");
                }
            }
        }
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 3 && arguments[0].equals("index")) {
            index(Paths.get(arguments[1]), Paths.get(arguments[2]));
        } else if (arguments.length == 2 && arguments[0].equals("answer")) {
            answer(Paths.get(arguments[1]));
        } else {
            System.err.println("usage: LuceneBench index DIR FILE | answer DIR");
            System.exit(2);
        }
        OUT.flush();
    }
}
