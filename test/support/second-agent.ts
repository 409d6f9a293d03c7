import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TestHost } from './host.ts'
import { ROOT } from './imports.ts'

/** A second agent on a test host: another host in all but the network. */
export interface SecondAgent {
  /** Its state folder. */
  readonly state: string
  /** Resolves once the controller has heard of it, with its key in that state. */
  start(key?: 'pinned' | 'changed'): Promise<void>
  /** Ends it as systemd does; its containers run on. */
  stop(): Promise<void>
  /** No byte passes between it and Redis any more, and nobody is told; until `mend`, after which all comes that was held up. */
  cut(): void
  mend(): void
  /** Ends it and removes what it has made. */
  destroy(): Promise<void>
}

export async function secondAgent(host: TestHost): Promise<SecondAgent> {
  const state = join(host.folder, 'second')
  const wire = await makeWire(join(host.folder, 'second.sock'), join(host.state, 'redis/redis.sock'))
  let agent: ChildProcess | undefined
  const argv = (...args: string[]) => {
    const script = join(ROOT, 'scripts/setpoint-agent.mjs')
    return [process.execPath, script, '--state', state, '--host', 'second', ...args]
  }

  async function stop(): Promise<void> {
    if (!agent) return
    const exited = once(agent, 'exit')
    agent.kill('SIGTERM')
    await exited
    agent = undefined
  }

  return {
    state,
    async start(keyState = 'pinned') {
      const key = join(host.state, 'controller/controller.pub')
      const command = argv('--redis', `unix://${join(host.folder, 'second.sock')}`, '--controller-key', key)
      const [file = '', ...args] = host.enter(command)
      const since = new Date().toISOString()
      agent = spawn(file, args, { env: host.env, stdio: 'ignore' })
      await host.until(({ hosts }) =>
        hosts.some(
          ({ name, key, seen }) => name === 'second' && key.state === keyState && (seen ?? '') > since,
        ),
      )
    },
    stop,
    cut: wire.cut,
    mend: wire.mend,
    async destroy() {
      await stop()
      await host.run(...argv('--down', '--volumes'))
      wire.close()
    },
  }
}

interface Wire {
  cut(): void
  mend(): void
  close(): void
}

/** Hands on what comes to one socket to another, and back. */
async function makeWire(from: string, to: string): Promise<Wire> {
  const ends = new Set<Socket>()
  let isCut = false
  const server = createServer({ pauseOnConnect: true }, (near) => {
    const far = connect(to)
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      ends.add(one)
      one.on('data', (bytes) => other.write(bytes))
      one.on('error', () => {}) // its end is told by `close`
      one.once('close', () => {
        ends.delete(one)
        other.destroy()
      })
    }
    hold()
  })
  server.listen(from)
  await once(server, 'listening')

  function hold(): void {
    for (const end of ends) isCut ? end.pause() : end.resume()
  }

  return {
    cut() {
      isCut = true
      hold()
    },
    mend() {
      isCut = false
      hold()
    },
    close() {
      server.close()
      for (const end of ends) end.destroy()
    },
  }
}
