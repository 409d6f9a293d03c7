import type { Healthcheck, NetworkProbe } from '../../../schemas/healthcheck.ts'
import type { ExecResult } from '../../runtime/runtime.ts'
import { probeGrpc } from './grpc.ts'
import { probeHttp } from './http.ts'
import { probeTcp } from './tcp.ts'

/** Whom to probe, and how. */
export interface Probed {
  /** The task's id. */
  id: string
  /** Where the host reaches it; undefined when it is in no network. */
  address: string | undefined
  healthcheck: Healthcheck
}

/** Asks a task once how it is; ends by itself when the healthcheck's timeout is over. */
export type ProbeTask = (probed: Probed) => Promise<ExecResult>

interface ProbeOptions {
  /** Runs a command in a container. */
  exec: (id: string, argv: string[], options: { timeout: number }) => Promise<ExecResult>
}

/** A command runs in the container; a question over the network comes from the agent, and starts no process. */
export function createProbe({ exec }: ProbeOptions): ProbeTask {
  return ({ id, address, healthcheck }) => {
    const { timeout } = healthcheck
    if ('test' in healthcheck) return exec(id, healthcheck.test, { timeout })
    if (address === undefined) return Promise.resolve(unreachable())
    return ask(healthcheck.probe, { address, timeout })
  }
}

/** Where a question goes and how long, in milliseconds, its answer may take. */
export interface Asked {
  address: string
  timeout: number
}

function ask(probe: NetworkProbe, asked: Asked): Promise<ExecResult> {
  switch (probe.type) {
    case 'http':
      return probeHttp(probe, asked)
    case 'tcp':
      return probeTcp(probe, asked)
    case 'grpc':
      return probeGrpc(probe, asked)
  }
}

function unreachable(): ExecResult {
  return { exitCode: 1, output: 'The task has no address that the host could ask.', timedOut: false }
}
