import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiSocket, socketPath } from '../../api/socket.ts'

/** The processes that `up` keeps alive, in the order of their start. */
export const SERVICES = ['redis', 'controller', 'agent'] as const
export type ServiceName = (typeof SERVICES)[number]

/** Where `up` keeps what in a state folder. */
export interface Layout {
  state: string
  /** Folders that must be there before anything starts. */
  folders: string[]
  redisFolder: string
  redisSocket: string
  apiSocket: string
  /** The agent pins this key; the controller writes it at its first start. */
  controllerKey: string
  agentState: string
  /** The agent's recipient, which it writes at its first start: the controller need not believe a report. */
  hostKey: string
  /** Where Node keeps what it compiled for the agent. */
  codeCache: string
  /** The agent's flags that `down` needs too. */
  agentFlags: string
  /** Held by the one `up` of this folder. */
  lock: string
  /** Held by the one `down` of this folder. */
  downLock: string
  pidFile(service: ServiceName): string
  log(service: ServiceName): string
  /** What a process says on stdout and stderr: its last words when it fails. */
  words(service: ServiceName): string
}

export function layoutOf(folder: string): Layout {
  const state = resolve(folder)
  const at = (...parts: string[]) => join(state, ...parts)
  return {
    state,
    folders: [state, at('redis'), at('logs'), at('pids'), at('controller'), at('agent')],
    redisFolder: at('redis'),
    redisSocket: socketPath(state, 'redis/redis.sock'),
    apiSocket: apiSocket(state),
    controllerKey: at('controller', 'controller.pub'),
    agentState: at('agent'),
    hostKey: at('agent', 'host.pub'),
    codeCache: at('agent', 'cache'),
    agentFlags: at('agent-flags.json'),
    lock: at('pids', 'up.pid'),
    downLock: at('pids', 'down.pid'),
    pidFile: (service) => at('pids', `${service}.pid`),
    log: (service) => at('logs', `${service}.log`),
    words: (service) => at('logs', `${service}.stderr`),
  }
}

/** The script of one of our own processes, beside this one: `.ts` in a clone, `.js` when built. */
export function entryPoint(which: 'controller' | 'agent'): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const path = which === 'controller' ? `../main.${extension}` : `../../../agent/main.${extension}`
  return fileURLToPath(new URL(path, import.meta.url))
}
