import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'

/** A registry on a loopback port. */
export interface Registry {
  /** `127.0.0.1:<port>` */
  name: string
  close(): Promise<void>
}

/**
 * Starts Debian's docker-registry over plain http.
 * @param folder where it keeps its things
 * @param options `locked`: it asks for credentials that nobody has
 */
export async function startRegistry(folder: string, options: { locked?: boolean } = {}): Promise<Registry> {
  const name = `127.0.0.1:${await freePort()}`
  await mkdir(folder, { recursive: true })
  const auth = { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } }
  // YAML has JSON in it.
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: name },
    ...(options.locked && { auth }),
  }
  if (options.locked) await writeFile(auth.htpasswd.path, '')
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' })
  await answers(`http://${name}/v2/`, child)
  return {
    name,
    async close() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** A registry that answers everything with 503. */
export async function brokenRegistry(): Promise<Registry> {
  const server = createHttpServer((_, response) => response.writeHead(503).end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    name: `127.0.0.1:${portOf(server)}`,
    async close() {
      server.close()
      await once(server, 'close')
    },
  }
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const isThere = () =>
    fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
      () => true,
      () => false,
    )
  while (!(await isThere())) {
    if (child.exitCode !== null) throw new Error('docker-registry did not start')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
