import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostKey } from '../../../agent/host-key.ts'
import { newIdentity, recipientOf } from '../../../schemas/sealing/seal.ts'
import { aLog } from '../../support/jobs.ts'

let state = ''
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'host-key-'))
})
afterEach(() => rmSync(state, { recursive: true, force: true }))

const file = () => join(state, 'host.key')

describe('the key of a host', () => {
  it('is made at the first start and the same at the next', async () => {
    const first = await hostKey(state, aLog())
    expect(recipientOf(first.identity)).toBe(first.recipient)
    expect(await hostKey(state, aLog())).toEqual(first)
    expect(readFileSync(join(state, 'host.pub'), 'utf8')).toBe(`${first.recipient}\n`)
    expect(readdirSync(state).sort()).toEqual(['host.key', 'host.pub'])
  })

  it('is readable for nobody else, whatever a crash or a person left there', async () => {
    writeFileSync(`${file()}.tmp`, 'half', { mode: 0o644 })
    const { identity } = await hostKey(state, aLog())
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    chmodSync(file(), 0o640)
    const log = aLog()
    expect((await hostKey(state, log)).identity).toBe(identity)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(log.lines.join()).toContain('was open to others')
  })

  it('may be brought along, as age-keygen writes it', async () => {
    const identity = newIdentity()
    writeFileSync(file(), `# created: now\n# public key: x\n${identity}\n`, { mode: 0o600 })
    expect(await hostKey(state, aLog())).toEqual({ identity, recipient: recipientOf(identity) })
  })

  it.each([
    ['nothing', ''],
    ['half a key', newIdentity().slice(0, 40)],
  ])('is made anew where the file holds %s, which is kept', async (_, text) => {
    writeFileSync(file(), text)
    const log = aLog()
    const { recipient } = await hostKey(state, log)
    expect((await hostKey(state, aLog())).recipient).toBe(recipient)
    expect(readFileSync(`${file()}.damaged`, 'utf8')).toBe(text)
    expect(log.lines.join()).toContain('is damaged')
  })
})
