-- wrk posts the JSON text in $BODY and ends with its summary as one line of JSON.
wrk.method = "POST"
wrk.body = os.getenv("BODY")
wrk.headers["Content-Type"] = "application/json"

-- wrk counts an answer above 399 as an error; a redirect cannot come from what is measured here.
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"perSecond":%.2f,"p50":%.3f,"p99":%.3f,"failures":%d}\n',
    summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
