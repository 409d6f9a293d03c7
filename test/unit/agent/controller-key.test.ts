import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkKey, controllerKey } from '../../../agent/controller-key.ts'
import { aLog } from '../../support/jobs.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'key-'))
  mkdirSync(join(folder, 'state'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const aKey = () => generateKeyPairSync('ed25519').publicKey
const pem = (key = aKey()) => key.export({ type: 'spki', format: 'pem' })
const given = () => join(folder, 'given.pub')
const read = (file: string | undefined = given(), signal = new AbortController().signal) =>
  controllerKey({ file, state: join(folder, 'state'), log: aLog(), signal })

describe('the key of the controller', () => {
  it('is pinned at the first start and needs no file any more', async () => {
    const key = aKey()
    writeFileSync(given(), pem(key))
    expect((await read())?.equals(key)).toBe(true)
    rmSync(given())
    expect((await read())?.equals(key)).toBe(true)
  })

  it('is waited for, over a half-written file', async () => {
    const key = aKey()
    const reading = read(join(folder, 'later', 'given.pub'))
    mkdirSync(join(folder, 'later'))
    writeFileSync(join(folder, 'later', 'given.pub'), '')
    writeFileSync(join(folder, 'later', 'given.pub'), pem(key))
    expect((await reading)?.equals(key)).toBe(true)
  })

  it('is not waited for any longer than the agent lives', async () => {
    const stop = new AbortController()
    const reading = read(given(), stop.signal)
    stop.abort()
    expect(await reading).toBeUndefined()
  })

  it('is refused when it is another than the pinned one', async () => {
    writeFileSync(given(), pem())
    await read()
    writeFileSync(given(), pem())
    await expect(read()).rejects.toThrow(/another controller's key/)
    await expect(checkKey(given(), join(folder, 'state'))).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('must be an Ed25519 key', async () => {
    writeFileSync(given(), 'ssh-ed25519 AAAA')
    await expect(read()).rejects.toThrow(/no Ed25519 public key/)
    writeFileSync(given(), pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey))
    await expect(read()).rejects.toThrow(/no Ed25519 public key/)
    expect(readdirSync(join(folder, 'state'))).toEqual([])
  })

  it('is asked for when there is neither a pin nor a file', async () => {
    await expect(
      controllerKey({
        file: undefined,
        state: join(folder, 'state'),
        log: aLog(),
        signal: AbortSignal.abort(),
      }),
    ).rejects.toThrow(/No key of a controller/)
  })
})
