import { describe, expect, it } from 'vitest'
import Type from '../../../schemas/type.ts'
import { reader } from '../../../schemas/validate.ts'

describe('a reader of what another version wrote', () => {
  const read = reader(
    Type.Object({ tasks: Type.Array(Type.Object({ id: Type.String() }, { additionalProperties: false })) }),
  )
  const tasks = (count: number) => Array.from({ length: count }, () => ({ id: 'a', ofTomorrow: 1, more: {} }))

  it('leaves out what it does not know, and names the first of it', () => {
    const known = read({ tasks: tasks(5_000) })
    expect(known).toMatchObject({
      ok: true,
      value: { tasks: Array.from({ length: 5_000 }, () => ({ id: 'a' })) },
    })
    expect(known.ok && known.unknown.slice(0, 3)).toEqual([
      '/tasks/0/ofTomorrow',
      '/tasks/0/more',
      '/tasks/1/ofTomorrow',
    ])
  })

  it('gives up on one with so much of it that it would take long to copy', () => {
    let looked = 0
    const watched = new Proxy(
      {},
      {
        ownKeys: () => {
          looked += 1
          return []
        },
      },
    )
    const written = { tasks: [...tasks(15_000), ...Array.from({ length: 1_000 }, () => watched)] }
    expect(read(written)).toEqual({ ok: false, message: 'it has thousands of fields that are not known' })
    expect(looked).toBe(0)
  })
})
