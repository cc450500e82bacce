-- Sends the requests of a file in turn, as raw bytes, and prints one line of JSON at the end.
local requests, at = {}, 0
local file = assert(io.open(os.getenv("BENCH_REQUESTS"), "rb"))
for size in function() return file:read("*n") end do
  file:read(1)
  requests[#requests + 1] = file:read(size)
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('{"requests": %d, "seconds": %f, "errors": %d, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, errors, latency:percentile(99.0) / 1000))
end
