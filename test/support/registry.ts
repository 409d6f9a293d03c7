import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, request, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'

/** A registry on a loopback port. */
export interface Registry {
  /** `127.0.0.1:<port>` */
  name: string
  close(): Promise<void>
}

/** The one user of a locked registry, and the bcrypt hash of the password as docker-registry wants it. */
export const DEPLOYER = { name: 'deployer', password: 'canary-4711' }
const HTPASSWD = 'deployer:$2b$05$abcdefghijklmnopqrstuuh0/67O30YDyKxPe3PcrqBG/P7iN.lja\n'

/**
 * Starts Debian's docker-registry over plain http.
 * @param folder where it keeps its things
 * @param options `locked`: it asks for the credentials of `DEPLOYER`
 */
export async function startRegistry(folder: string, options: { locked?: boolean } = {}): Promise<Registry> {
  const name = `127.0.0.1:${await freePort()}`
  const config = await prepareRegistry(folder, name, options)
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
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

/** Writes what docker-registry needs to listen at an address. Gives the path of its configuration. */
export async function prepareRegistry(
  folder: string,
  address: string,
  options: { locked?: boolean; tls?: { certificate: string; key: string } } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const auth = { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } }
  if (options.locked) await writeFile(auth.htpasswd.path, HTPASSWD)
  const path = join(folder, 'config.yml')
  // YAML has JSON in it.
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: address, ...(options.tls && { tls: options.tls }) },
    ...(options.locked && { auth }),
  }
  await writeFile(path, JSON.stringify(config))
  return path
}

/** A registry in front of another one that misbehaves as a test asks. */
export interface RegistryProxy extends Registry {
  /** What it was asked, as `GET /v2/…`. */
  asked: string[]
  /** Answers the next requests for manifests with these, one each. */
  refuse(...answers: { status: number; headers?: Record<string, string> }[]): void
  /** Sends blobs so slowly, in bytes a second; 0: not at all after the first bytes. Undefined: as fast as it can. */
  slow(bytesPerSecond: number | undefined): void
  /** Takes every request and answers none. */
  mute(isMute: boolean): void
}

/** Starts a proxy before the registry `behind`, which answers whatever it does not itself. */
export async function startProxy(behind: string, port = 0): Promise<RegistryProxy> {
  const asked: string[] = []
  const refusals: { status: number; headers?: Record<string, string> }[] = []
  let speed: number | undefined
  let mute = false
  const server = createHttpServer((incoming, response) => {
    const { url = '', method = 'GET', headers } = incoming
    asked.push(`${method} ${url}`)
    if (mute) return
    const refusal = url.includes('/manifests/') ? refusals.shift() : undefined
    if (refusal) return void response.writeHead(refusal.status, refusal.headers).end()
    const [host = '', behindPort] = behind.split(':')
    const forward = request({ host, port: behindPort, path: url, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      if (speed === undefined || !url.includes('/blobs/')) answer.pipe(response)
      else void trickle(answer, response, speed)
    })
    forward.on('error', () => response.destroy())
    response.on('close', () => forward.destroy())
    incoming.pipe(forward)
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    ...{ name: `127.0.0.1:${portOf(server)}`, asked },
    refuse: (...answers) => void refusals.push(...answers),
    slow: (bytesPerSecond) => {
      speed = bytesPerSecond
    },
    mute: (isMute) => {
      mute = isMute
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function trickle(from: AsyncIterable<Buffer>, to: ServerResponse, speed: number): Promise<void> {
  for await (const chunk of from) {
    to.write(chunk)
    if (speed === 0) return
    await new Promise((resolve) => setTimeout(resolve, (chunk.length / speed) * 1_000)) // that is what slow means
    if (to.destroyed) return
  }
  to.end()
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
