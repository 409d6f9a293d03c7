import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  EMPTY_LEDGER,
  type Ledger,
  unusedImages,
  withFetched,
  withoutForgotten,
  withUse,
} from '../../../../agent/image/cleanup/ledger.ts'
import { openLedger } from '../../../../agent/image/cleanup/ledger-file.ts'
import { silent } from '../../../support/netns.ts'

const day = (n: number) => `2026-01-0${n}T00:00:00.000Z`

/** Images a to e, one fetched each day, all used by one service. */
function aLedger(): Ledger {
  return ['a', 'b', 'c', 'd', 'e'].reduce((ledger, id, index) => {
    const now = day(index + 1)
    return withUse(withFetched(ledger, { id, name: `r/${id}:1`, now }), { id, service: 'shop/web', now })
  }, EMPTY_LEDGER)
}

const images = ['a', 'b', 'c', 'd', 'e', 'x'].map((id) => ({ id, names: [`r/${id}:1`], digests: [] }))

describe('the ledger of images', () => {
  it('keeps the three that a service had last, the latest first', () => {
    expect(aLedger().services['shop/web']).toEqual({ images: ['e', 'd', 'c'], lastUsed: day(5) })
    const back = withUse(aLedger(), { id: 'c', service: 'shop/web', now: day(6) })
    expect(back.services['shop/web']?.images).toEqual(['c', 'e', 'd'])
    expect(back.ours.c?.lastUsed).toBe(day(6))
  })

  it('lets go what is ours, unused and not kept, the oldest first', () => {
    const ids = (ledger: Ledger, inUse: string[] = []) =>
      unusedImages(ledger, images, new Set(inUse)).map(({ id }) => id)
    expect(ids(aLedger())).toEqual(['a', 'b'])
    expect(ids(aLedger(), ['a'])).toEqual(['b'])
    expect(ids(withUse(aLedger(), { id: 'a', service: undefined, now: day(7) }))).toEqual(['b', 'a'])
    const tagged = images.map((image) => (image.id === 'a' ? { ...image, names: ['r/a:1', 'mine'] } : image))
    expect(unusedImages(aLedger(), tagged, new Set()).map(({ id }) => id)).toEqual(['b'])
    expect(ids({ ...aLedger(), services: {} })).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(ids(EMPTY_LEDGER)).toEqual([])
  })

  it('takes an image that lost its name to a newer one for ours still', () => {
    const dangling = [{ id: 'a', names: [], digests: [] }]
    expect(unusedImages(aLedger(), dangling, new Set())).toHaveLength(1)
  })

  it('forgets what is not there any more, and services that are long gone', () => {
    const later = withoutForgotten(aLedger(), new Set(['a', 'e']), day(6))
    expect([Object.keys(later.ours), later.services]).toEqual([['a', 'e'], {}])
    expect(withoutForgotten(aLedger(), new Set(['a']), day(5)).services).toEqual(aLedger().services)
  })

  it('is on disk, and empty when that cannot be read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'setpoint-ledger-'))
    const path = join(folder, 'sub/ledger.json')
    const file = await openLedger(path, silent)
    file.change(aLedger)
    file.change((ledger) => withUse(ledger, { id: 'a', service: 'shop/db', now: day(9) }))
    await file.saved()
    expect((await openLedger(path, silent)).read()).toEqual(file.read())
    expect(file.read().services['shop/db']?.images).toEqual(['a'])

    await writeFile(path, '{"version":1,"ours"')
    expect((await openLedger(path, silent)).read()).toEqual(EMPTY_LEDGER)
    await rm(folder, { recursive: true })
  })
})
