import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openHostKeys } from '../../../controller/state/host-keys.ts'
import { newIdentity, recipientOf } from '../../../schemas/sealing/seal.ts'
import { aFleet, aHost } from '../../support/builders.ts'
import { aLog } from '../../support/jobs.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'host-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const NOW = new Date('2026-01-01T10:00:00Z')
const [A, B] = [recipientOf(newIdentity()), recipientOf(newIdentity())]
const open = (given: Record<string, string> = {}, log = aLog()) =>
  openHostKeys({ folder: join(folder, 'hosts'), given, log, now: () => NOW })

function reporting(recipient?: string) {
  const host = aHost('alpha')
  return aFleet(recipient === undefined ? host : { ...host, info: { ...host.info, recipient } })
}

describe('the key of a host', () => {
  it('is pinned when it is first seen, and known after a restart without the host', async () => {
    const keys = await open()
    await keys.see(reporting(A))
    expect(keys.recipientFor('alpha')).toBe(A)
    const later = await open()
    expect(later.recipientFor('alpha')).toBe(A)
    expect(later.of('alpha')).toEqual({ state: 'pinned', recipient: A, reported: null })
    expect(later.hosts()).toEqual(['alpha'])
    writeFileSync(join(folder, 'hosts/beta.json'), 'damaged')
    expect((await open()).hosts()).toEqual(['alpha', 'beta'])
  })

  it('is forgotten with its host, which is then one that nobody knew before', async () => {
    const keys = await open()
    await keys.see(reporting(A))
    await keys.forget('alpha')
    expect(keys.of('alpha')).toEqual({ state: 'none', recipient: null, reported: null })
    expect(keys.hosts()).toEqual([])
    expect(readdirSync(join(folder, 'hosts'))).toEqual([])
    await keys.see(reporting(B))
    expect(keys.recipientFor('alpha')).toBe(B)
  })

  it('is refused when it changes, and the pinned one too, until a person trusts the new one', async () => {
    const log = aLog()
    const keys = await open({}, log)
    await keys.see(reporting(A))
    await keys.see(reporting(B))
    expect(keys.of('alpha')).toEqual({ state: 'changed', recipient: A, reported: B })
    expect(() => keys.recipientFor('alpha')).toThrow(
      expect.objectContaining({
        code: 'HOST_KEY_CHANGED',
        hint: expect.stringContaining('hosts trust alpha'),
      }),
    )
    expect(log.lines.join()).toContain('reports another key')
    await expect(keys.trust('alpha', A)).rejects.toMatchObject({ code: 'USAGE' })
    expect(await keys.trust('alpha', B)).toBe(B)
    expect(keys.recipientFor('alpha')).toBe(B)
    expect((await open()).recipientFor('alpha')).toBe(B)
  })

  it('counts again when the host reports the pinned one again', async () => {
    const keys = await open()
    for (const key of [A, B, A]) await keys.see(reporting(key))
    expect(keys.recipientFor('alpha')).toBe(A)
  })

  it.each([
    ['no key', undefined],
    ['what is no key', 'age1nonsense'],
  ])('is missing for %s', async (_, key) => {
    const keys = await open()
    await keys.see(reporting(key))
    expect(keys.of('alpha')).toEqual({ state: 'none', recipient: null, reported: null })
    expect(() => keys.recipientFor('alpha')).toThrow(expect.objectContaining({ code: 'HOST_KEY_MISSING' }))
    await expect(keys.trust('alpha')).rejects.toMatchObject({ code: 'HOST_KEY_MISSING' })
    expect(readdirSync(join(folder, 'hosts'))).toEqual([])
  })

  it('of a host that somebody has made up gets nothing, where a person says which hosts there are', async () => {
    const byHand = () =>
      openHostKeys({ folder: join(folder, 'hosts'), given: {}, byHand: true, log: aLog(), now: () => NOW })
    const keys = await byHand()
    await keys.see(reporting(A))
    expect(keys.of('alpha')).toEqual({ state: 'none', recipient: null, reported: A })
    expect(() => keys.recipientFor('alpha')).toThrow(
      expect.objectContaining({
        code: 'HOST_KEY_MISSING',
        hint: expect.stringContaining('hosts trust alpha'),
      }),
    )
    await keys.trust('alpha', A)
    expect((await byHand()).recipientFor('alpha')).toBe(A)
  })

  it('is the one in a file that was given, whatever is reported', async () => {
    const file = join(folder, 'host.pub')
    const keys = await open({ alpha: file })
    await keys.see(reporting(B))
    expect(keys.of('alpha').state).toBe('none')
    writeFileSync(file, `${A}\n`)
    await keys.see(reporting(B))
    expect(keys.of('alpha')).toEqual({ state: 'changed', recipient: A, reported: B })
    await keys.see(reporting(A))
    expect(keys.recipientFor('alpha')).toBe(A)
    writeFileSync(file, `${B}\n`)
    await keys.see(reporting(B))
    expect(keys.recipientFor('alpha')).toBe(B)
  })

  it('counts by its file more than by what a controller without the file had pinned', async () => {
    await (await open()).see(reporting(B))
    const file = join(folder, 'host.pub')
    writeFileSync(file, A)
    const keys = await open({ alpha: file })
    await keys.see(reporting(B))
    expect(keys.of('alpha')).toEqual({ state: 'changed', recipient: A, reported: B })
  })

  it('is not believed from a pin that was damaged, and no other is the first', async () => {
    const keys = await open()
    await keys.see(reporting(A))
    const pin = join(folder, 'hosts', 'alpha.json')
    expect(JSON.parse(readFileSync(pin, 'utf8'))).toMatchObject({ recipient: A, why: 'first seen' })
    writeFileSync(pin, '{')
    const log = aLog()
    const later = await open({}, log)
    expect(log.lines.join()).toContain('cannot be read')
    await later.see(reporting(B))
    expect(later.of('alpha')).toEqual({ state: 'changed', recipient: null, reported: B })
    expect(() => later.recipientFor('alpha')).toThrow(expect.objectContaining({ code: 'HOST_KEY_CHANGED' }))
    expect(await later.trust('alpha', B)).toBe(B)
    expect((await open()).recipientFor('alpha')).toBe(B)
  })
})
