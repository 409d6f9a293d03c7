import { startProxy } from './registry.ts'

/** A slow proxy as a process, for a test host: `registry-proxy.ts BEHIND PORT BYTES_PER_SECOND`. */
const [behind = '', port, speed] = process.argv.slice(2)
const proxy = await startProxy(behind, Number(port))
proxy.slow(Number(speed))
