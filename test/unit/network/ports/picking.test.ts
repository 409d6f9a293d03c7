import { describe, expect, it } from 'vitest'
import { pickPorts } from '../../../../agent/network/ports/picking.ts'
import type { PublishedPort } from '../../../../schemas/network.ts'

const any: PublishedPort = { published: 0, target: 80, protocol: 'tcp' }
const range: PublishedPort = { published: 8000, publishedEnd: 8002, target: 80, protocol: 'tcp' }

interface Around {
  others?: PublishedPort[]
  taken?: number[]
  seed?: number
}

function pick(wanted: PublishedPort[], { others = [], taken = [], seed = 0 }: Around = {}) {
  return pickPorts(wanted, {
    ...{ others, seed, ephemeral: { first: 40_000, last: 40_003 } },
    isTaken: ({ published }) => taken.includes(published),
  }).map(({ published }) => published)
}

describe('pickPorts', () => {
  it('leaves alone what the stack file says', () => {
    const fixed = { ...any, published: 8080, hostIp: '127.0.0.1' }
    expect(pick([fixed], { taken: [8080] })).toEqual([8080])
  })

  it('takes the first free port of a range, and each once', () => {
    expect(pick([range])).toEqual([8000])
    expect(pick([range], { taken: [8000, 8001] })).toEqual([8002])
    expect(pick([range, { ...range, target: 81 }])).toEqual([8000, 8001])
  })

  it('finds the same ephemeral port again, or the next', () => {
    expect(pick([any], { seed: 6 })).toEqual([40_002])
    expect(pick([any], { seed: 6, taken: [40_002, 40_003] })).toEqual([40_000])
  })

  it('shares the port of the other tasks of the service, but not with `mode: host`', () => {
    const others = [{ ...any, published: 8001 }]
    expect(pick([range], { others, taken: [8001] })).toEqual([8001])
    expect(pick([{ ...range, mode: 'host' }], { others, taken: [8001] })).toEqual([8000])
    expect(pick([{ ...range, target: 81 }], { others, taken: [8001] })).toEqual([8000])
    expect(pick([range, { ...range, published: 8001 }], { others, taken: [8001] })).toEqual([8001, 8002])
  })

  it('says what is taken when all are', () => {
    const taken = [8000, 8001, 8002, 40_000, 40_001, 40_002, 40_003]
    expect(() => pick([range], { taken })).toThrow('None of 8000-8002 is free for port 80/tcp.')
    expect(() => pick([any], { taken })).toThrow('None of the ephemeral ports of the host is free')
  })
})
