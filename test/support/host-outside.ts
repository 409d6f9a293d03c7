// Runs in the network namespace outside a test host and fetches what it is told to, one JSON line each way.
// Ends, and its namespace with it, when the test that started it does.
import { createInterface } from 'node:readline'

console.log(JSON.stringify({ ready: true }))

for await (const line of createInterface({ input: process.stdin })) {
  const { id, url, timeout } = JSON.parse(line)
  fetch(url, { signal: AbortSignal.timeout(timeout), headers: { connection: 'close' } })
    .then(async (response) => ({ id, status: response.status, body: await response.text() }))
    .catch((error) => ({ id, error: String(error.cause?.message ?? error.message) }))
    .then((answer) => console.log(JSON.stringify(answer)))
}
