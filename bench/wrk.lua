-- wrk.lua - searches for wrk: the queries of the file BENCH_HTTP_QUERIES in turn, each line `op<TAB>words`; at the end one JSON
-- object in the file BENCH_HTTP_RESULT. Used by http.sh.

local paths = {}
local at = 0

local function encode(text)
    return (text:gsub("[^%w]", function(byte) return string.format("%%%02X", string.byte(byte)) end))
end

function init()
    for line in io.lines(os.getenv("BENCH_HTTP_QUERIES")) do
        local op, words = line:match("^(%a+)\t(.+)$")
        if op then paths[#paths + 1] = "/search?op=" .. op .. "&q=" .. encode(words) end
    end
end

function request()
    at = at % #paths + 1
    return wrk.format("GET", paths[at])
end

function done(summary, latency)
    local errors = summary.errors
    local file = assert(io.open(os.getenv("BENCH_HTTP_RESULT"), "w"))
    file:write(string.format(
        '{"load":"%s","seconds":%.3f,"requests":%d,"bytes":%d,"p50_us":%d,"p90_us":%d,"p99_us":%d,"max_us":%d,' ..
        '"refused":%d,"failed":%d}\n',
        os.getenv("BENCH_HTTP_LABEL"), summary.duration / 1e6, summary.requests, summary.bytes, latency:percentile(50),
        latency:percentile(90), latency:percentile(99), latency.max, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
    file:close()
end
