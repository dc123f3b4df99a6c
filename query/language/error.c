/* error.c - what can be wrong with a query, said in English, French and Arabic.
 *
 * `{}` in a sentence stands for the part of the query that is meant. Codes are stable: programs match on them.
 */
#include "query/language/syntax.h"

#include <unicode/utf8.h>

enum {
    DETAIL_BYTES_MAX = 60, /* of the query quoted in a sentence */
    LANG_COUNT = 3         /* in the order of fhi_message_lang */
};

static const char *const names[FHI_QUERY_CODE_COUNT] = {
#define CODE_NAME(name, code) [FHI_QUERY_##name] = code,
    FHI_QUERY_ERROR_LIST(CODE_NAME)
#undef CODE_NAME
};

static const char *const sentences[FHI_QUERY_CODE_COUNT][LANG_COUNT] = {
    [FHI_QUERY_NONE] = {"", "", ""},
    [FHI_QUERY_EMPTY] = {"There is nothing to search for here.", "Il n'y a rien à chercher ici.",
                         "لا يوجد هنا ما يُبحث عنه."},
    [FHI_QUERY_ONLY_NOT] = {"This only excludes; add at least one word to look for.",
                            "Cela ne fait qu'exclure ; ajoutez au moins un mot à chercher.",
                            "هذا يستبعد فقط؛ أضف كلمة واحدة على الأقل للبحث عنها."},
    [FHI_QUERY_OPEN_QUOTE] = {"The quotation mark opened here is never closed.",
                              "Le guillemet ouvert ici n'est jamais fermé.", "علامة التنصيص المفتوحة هنا لم تُغلق."},
    [FHI_QUERY_CLOSE_QUOTE] = {"This closing quotation mark was never opened.",
                               "Ce guillemet fermant n'a pas été ouvert.", "علامة التنصيص المُغلِقة هنا لم تُفتح من قبل."},
    [FHI_QUERY_OPEN_PARENTHESIS] = {"The parenthesis opened here is never closed.",
                                    "La parenthèse ouverte ici n'est jamais fermée.", "القوس المفتوح هنا لم يُغلق."},
    [FHI_QUERY_CLOSE_PARENTHESIS] = {"This closing parenthesis was never opened.",
                                     "Cette parenthèse fermante n'a pas été ouverte.",
                                     "القوس المُغلِق هنا لم يُفتح من قبل."},
    [FHI_QUERY_MISSING_OPERAND] = {"This operator needs a word on each side it joins; one is missing.",
                                   "Il manque un mot à cet opérateur.", "تنقص هذا المعاملَ كلمةٌ يعمل عليها."},
    [FHI_QUERY_MISSING_VALUE] = {"A value must follow this field at once, without a space, as in title:word; "
                                 "a sign goes before the field, as in -title:word.",
                                 "Une valeur doit suivre ce champ aussitôt, sans espace, comme dans title:mot ; "
                                 "un signe se met avant le champ, comme dans -title:mot.",
                                 "يجب أن تلي هذا الحقلَ قيمةٌ مباشرة وبلا مسافة، مثل title:كلمة؛ "
                                 "وتوضع الإشارة قبل الحقل، مثل ‎-title:كلمة."},
    [FHI_QUERY_UNKNOWN_FIELD] = {"There is no field `{}`. Fields: title, source, section, region, author, lang, date. "
                                 "To search for the text itself, put it in quotes.",
                                 "Le champ « {} » n'existe pas. Champs : title, source, section, region, author, lang, "
                                 "date. Pour chercher le texte même, mettez-le entre guillemets.",
                                 "لا يوجد حقل باسم «{}». الحقول: title، source، section، region، author، lang، date. "
                                 "للبحث عن النص نفسه ضعه بين علامتي تنصيص."},
    [FHI_QUERY_FIELD_IN_FIELD] = {"A field cannot stand inside another field.",
                                  "Un champ ne peut pas se trouver dans un autre champ.",
                                  "لا يمكن وضع حقل داخل حقل آخر."},
    [FHI_QUERY_BAD_DATE] =
        {"`{}` is not a date. Write 2025, 2025-07, 2025-07-01 or 2025-07-01..2025-07-15, without spaces.",
         "« {} » n'est pas une date. Écrivez 2025, 2025-07, 2025-07-01 ou 2025-07-01..2025-07-15, sans espaces.",
         "«{}» ليس تاريخًا. اكتب 2025 أو 2025-07 أو 2025-07-01 أو 2025-07-01..2025-07-15 بلا مسافات."},
    [FHI_QUERY_RANGE_BACKWARDS] = {"The range {} ends before it begins.", "L'intervalle {} finit avant de commencer.",
                                   "المجال {} ينتهي قبل أن يبدأ."},
    [FHI_QUERY_BAD_PREFIX] =
        {"`*` stands at the end of a word, as in minist*; it does not go with =, with quotes or "
         "with the value of a field other than title.",
         "« * » se met à la fin d'un mot, comme dans minist* ; il ne va ni avec =, ni entre "
         "guillemets, ni avec un autre champ que title.",
         "توضع «*» في آخر الكلمة، مثل minist*؛ ولا تُستعمل مع = ولا بين علامتي تنصيص ولا مع حقل غير "
         "title."},
    [FHI_QUERY_BAD_BOOST] =
        {"`^` needs a number from 0.001 to 1000 after a word, a phrase or a parenthesis, as in "
         "word^2; filters take none.",
         "« ^ » veut un nombre de 0,001 à 1000 après un mot, une expression ou une parenthèse, comme "
         "dans mot^2 ; les filtres n'en prennent pas.",
         "تحتاج «^» إلى عدد من 0.001 إلى 1000 بعد كلمة أو عبارة أو قوس، مثل كلمة^2؛ ولا تُستعمل مع "
         "المرشِّحات."},
    [FHI_QUERY_BAD_PROXIMITY] =
        {"`~` needs two words or more in quotes before it and a number from 0 to 1000 after it, as in \"two words\"~4.",
         "« ~ » veut au moins deux mots entre guillemets avant lui et un nombre de 0 à 1000 après, comme dans \"deux "
         "mots\"~4.",
         "تحتاج «~» إلى كلمتين أو أكثر بين علامتي تنصيص قبلها وعدد من 0 إلى 1000 بعدها، مثل \"كلمة "
         "أخرى\"~4."},
    [FHI_QUERY_BAD_EXACT] =
        {"`=` stands directly before a word or a quoted phrase, as in =word or title:=word; not before a "
         "parenthesis, a sign or a field, nor in a field other than title.",
         "« = » se met juste devant un mot ou une expression entre guillemets, comme dans =mot ou title:=mot ; "
         "ni devant une parenthèse, un signe ou un champ, ni dans un autre champ que title.",
         "توضع «=» قبل كلمة أو عبارة بين علامتي تنصيص، مثل =كلمة أو title:=كلمة؛ لا قبل قوس أو إشارة "
         "أو حقل، ولا في حقل غير title."},
    [FHI_QUERY_TOO_LONG] = {"The query is longer than 4096 bytes.", "La requête dépasse 4096 octets.",
                            "الطلب أطول من 4096 بايت."},
    [FHI_QUERY_TOO_MANY_CLAUSES] =
        {"The query has more words than may be searched at once; a phrase has at most 64.",
         "La requête compte plus de mots qu'on ne peut en chercher à la fois ; une expression en a 64 au plus.",
         "في الطلب كلمات أكثر مما يمكن البحث عنه دفعة واحدة؛ وللعبارة 64 كلمة على الأكثر."},
    [FHI_QUERY_TOO_DEEP] = {"Parentheses are nested more than 64 deep.",
                            "Les parenthèses sont imbriquées sur plus de 64 niveaux.",
                            "الأقواس متداخلة بأكثر من 64 مستوى."},
    [FHI_QUERY_EXPANSION_LIMIT] = {"Too many words begin with `{}`; write more letters before the *.",
                                   "Trop de mots commencent par « {} » ; écrivez plus de lettres avant l'étoile.",
                                   "كلمات كثيرة جدًا تبدأ بـ«{}»؛ اكتب حروفًا أكثر قبل النجمة."},
    [FHI_QUERY_NOT_UTF8] = {"The query is not valid UTF-8 text.", "La requête n'est pas du texte UTF-8 valide.",
                            "الطلب ليس نصًا صحيحًا بترميز UTF-8."},
    [FHI_QUERY_BAD_CHARACTER] = {"The query holds the character U+0000, which no text has.",
                                 "La requête contient le caractère U+0000, qu'aucun texte n'a.",
                                 "في الطلب المحرف U+0000 الذي لا يرد في أي نص."},
};

/* Failures that are not the query's: X(status, English, French, Arabic). */
#define STATUS_LIST(X)                                                                                                 \
    X(E_NOMEM, "There is not enough memory.", "La mémoire ne suffit pas.", "الذاكرة غير كافية.")                       \
    X(E_IO, "The index cannot be read.", "L'index ne peut pas être lu.", "تعذرت قراءة الفهرس.")                        \
    X(E_CORRUPT, "The index is damaged.", "L'index est endommagé.", "الفهرس تالف.")                                    \
    X(E_TOO_OLD, "The index is of an older format.", "L'index est d'un format plus ancien.", "الفهرس بصيغة أقدم.")     \
    X(E_TOO_NEW, "The index is of a newer format.", "L'index est d'un format plus récent.", "الفهرس بصيغة أحدث.")      \
    X(E_NETWORK, "The server cannot be reached.", "Le serveur est injoignable.", "تعذر الوصول إلى الخادم.")            \
    X(E_BUSY, "The index is in use.", "L'index est occupé.", "الفهرس قيد الاستعمال.")                                  \
    X(E_ANALYZER, "The index was made by another analyzer.", "L'index a été fait par un autre analyseur.",             \
      "أُنشئ الفهرس بمحلِّل آخر.")                                                                                        \
    X(E_INVALID, "The request is not valid.", "La requête n'est pas valide.", "الطلب غير صالح.")                       \
    X(E_NOT_FOUND, "Not found.", "Introuvable.", "غير موجود.")                                                         \
    X(E_LIMIT, "The query asks for too much.", "La requête demande trop.", "يطلب هذا البحث أكثر مما يمكن.")            \
    X(E_CURSOR, "The cursor is not one of this question.", "Le curseur n'est pas de cette requête.",                   \
      "المؤشر ليس من هذا الطلب.")                                                                                      \
    X(E_GONE, "The index has changed; begin again with the first hits.",                                               \
      "L'index a changé ; recommencez aux premiers résultats.", "تغيّر الفهرس؛ ابدأ من النتائج الأولى.")                \
    X(E_CANCELLED, "The search was cancelled.", "La recherche a été annulée.", "أُلغي البحث.")                          \
    X(E_DEADLINE, "The search took too long.", "La recherche a pris trop de temps.",                                   \
      "استغرق البحث وقتًا أطول من المسموح به.")

static const char *status_sentence(fh_status status, fhi_message_lang lang)
{
    switch (status) {
#define STATUS_SENTENCE(name, en, fr, ar)                                                                              \
    case FH_##name: return lang == FHI_LANG_FR ? (fr) : lang == FHI_LANG_AR ? (ar) : (en);
        STATUS_LIST(STATUS_SENTENCE)
#undef STATUS_SENTENCE
    default: break;
    }
    if (lang == FHI_LANG_FR) return "Erreur interne.";
    return lang == FHI_LANG_AR ? "خطأ داخلي." : "Internal error.";
}

void fhi_status_message(fh_status status, const char *detail, fhi_message_lang lang, fhi_buf *text)
{
    const char *sentence = status_sentence(status, lang);
    fhi_buf_put(text, sentence, strlen(sentence));
    if (detail[0] && fhi_utf8_check(detail, strlen(detail)) == strlen(detail)) fhi_buf_printf(text, " (%s)", detail);
}

fh_status fhi_query_fail(fhi_query_error *error, fhi_query_code code, size_t offset, fh_str detail)
{
    *error = (fhi_query_error){.code = code, .offset = (uint32_t)offset, .detail = detail};
    switch (code) {
    case FHI_QUERY_TOO_LONG:
    case FHI_QUERY_TOO_MANY_CLAUSES:
    case FHI_QUERY_TOO_DEEP:
    case FHI_QUERY_EXPANSION_LIMIT: return FH_E_LIMIT;
    case FHI_QUERY_NOT_UTF8: return FH_E_UTF8;
    default: return FH_E_SYNTAX;
    }
}

const char *fhi_query_code_name(fhi_query_code code)
{
    return names[code];
}

bool fhi_query_code_is(const char *name)
{
    for (int code = FHI_QUERY_NONE + 1; code < FHI_QUERY_CODE_COUNT; code++)
        if (strcmp(names[code], name) == 0) return true;
    return false;
}

/* The detail, cut to a readable length at a character. */
static void put_detail(fh_str detail, fhi_buf *text)
{
    size_t len = detail.len;
    if (len > DETAIL_BYTES_MAX) {
        len = DETAIL_BYTES_MAX;
        while (len > 0 && ((uint8_t)detail.ptr[len] & 0xC0) == 0x80)
            len--;
    }
    fhi_buf_put(text, detail.ptr, len);
    if (len < detail.len) fhi_buf_put(text, "…", strlen("…"));
}

void fhi_query_message(const fhi_query_error *error, fhi_message_lang lang, fhi_buf *text)
{
    const char *sentence = sentences[error->code][lang];
    const char *mark = strstr(sentence, "{}");
    const size_t before = mark ? (size_t)(mark - sentence) : strlen(sentence);
    fhi_buf_put(text, sentence, before);
    if (!mark) return;
    put_detail(error->detail, text);
    fhi_buf_put(text, mark + 2, strlen(mark + 2));
}

uint32_t fhi_query_chars_before(fh_str query, size_t offset)
{
    const uint8_t *data = (const uint8_t *)query.ptr;
    const int32_t end = (int32_t)(offset < query.len ? offset : query.len);
    uint32_t count = 0;
    for (int32_t i = 0; i < end; count++) {
        UChar32 c;
        U8_NEXT(data, i, end, c);
        (void)c;
    }
    return count;
}
