# strip.awk - C and C++ without comments and without the contents of strings and characters: `file:line:code`.
FNR == 1 { inside = 0 }
{
    code = ""
    text = $0
    while (text != "") {
        if (inside) {
            end = index(text, "*/")
            if (!end) break
            text = substr(text, end + 2)
            inside = 0
            code = code " "
        } else if (match(text, /\/\*|\/\/|"|'/)) {
            code = code substr(text, 1, RSTART - 1)
            mark = substr(text, RSTART, RLENGTH)
            text = substr(text, RSTART + RLENGTH)
            if (mark == "//") break
            if (mark == "/*") { inside = 1; continue }
            # A literal: up to the same mark, an escaped character never being it.
            while (text != "") {
                c = substr(text, 1, 1)
                text = substr(text, c == "\\" ? 3 : 2)
                if (c == mark) break
            }
            code = code mark mark
        } else {
            code = code text
            break
        }
    }
    print FILENAME ":" FNR ":" code
}
