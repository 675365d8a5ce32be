-- Sends what the file named by the first argument describes, and prints one line of numbers at the end.
-- The second argument and the thread's number make each "@@" in a body unique among all runs.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  spec = dofile(args[1])
  mark = args[2] .. "-" .. number .. "-"
  count = 0
  ready = {}
  if not spec.before then
    for index, path in ipairs(spec.paths) do
      ready[index] = wrk.format(spec.method, path, spec.headers)
    end
  end
end

function request()
  local index = count % #spec.paths + 1
  count = count + 1
  if not spec.before then
    return ready[index]
  end
  if spec.keyed then
    spec.headers["Idempotency-Key"] = mark .. count
  end
  return wrk.format(spec.method, spec.paths[index], spec.headers, spec.before .. mark .. count .. spec.after)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    "RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
