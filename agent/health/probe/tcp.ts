import { once } from 'node:events'
import { connect } from 'node:net'
import type { NetworkProbe } from '../../../schemas/healthcheck.ts'
import type { ExecResult } from '../../runtime/runtime.ts'
import { answer, inTime } from './answer.ts'
import type { Asked } from './probe.ts'

type TcpProbe = Extract<NetworkProbe, { type: 'tcp' }>

/** Well is who accepts a connection; nothing is sent. */
export function probeTcp({ port }: TcpProbe, { address, timeout }: Asked): Promise<ExecResult> {
  return inTime(timeout, async (signal) => {
    const socket = connect({ host: address, port })
    try {
      await once(socket, 'connect', { signal })
      return answer(true, `connected to ${address} port ${port}`)
    } finally {
      socket.destroy()
    }
  })
}
