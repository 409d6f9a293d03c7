import { once } from 'node:events'
import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { writeInTurn } from '../../../../schemas/common/write-in-turn.ts'

const BYTES = Buffer.from('bytes')

it('waits for a slow reader, however often, and leaves no listener behind', async () => {
  const stream = new Writable({ highWaterMark: 1, write: (_, __, taken) => setImmediate(taken) })
  const before = stream.eventNames()
  for (let n = 0; n < 20; n++) {
    await writeInTurn(stream, BYTES)
    expect([stream.writableLength, stream.eventNames()]).toEqual([0, before])
  }
})

it('waits no more once nobody takes anything', async () => {
  const stream = new Writable({ highWaterMark: 1, write: () => {} })
  const written = writeInTurn(stream, BYTES)
  stream.destroy()
  await once(stream, 'close')
  await written
  await writeInTurn(stream, BYTES)
})
