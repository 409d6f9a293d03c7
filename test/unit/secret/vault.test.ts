import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openContentStore } from '../../../controller/delivery/store.ts'
import { openExternalSecrets } from '../../../controller/secret/externals.ts'
import { handoversOf } from '../../../controller/secret/handovers.ts'
import { createSecretService } from '../../../controller/secret/service.ts'
import { createVault, keepSecrets } from '../../../controller/secret/vault.ts'
import { type ControllerKeys, loadKeys } from '../../../controller/state/keys.ts'
import { SetpointError } from '../../../schemas/error.ts'
import { newIdentity, recipientOf, sealTo, unseal } from '../../../schemas/sealing/seal.ts'
import {
  packSecret,
  refusal,
  secretDigest,
  unpackSecret,
  unwrapSecret,
} from '../../../schemas/sealing/secret.ts'
import { aService, aStack } from '../../support/builders.ts'
import { aLog } from '../../support/jobs.ts'

const host = newIdentity()
const CLEAR = Buffer.from('hunter2-canary')

let folder = ''
let keys: ControllerKeys
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vault-'))
  keys = await loadKeys(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function aVault(recipientFor: (host: string) => string = () => recipientOf(host)) {
  const store = await openContentStore({ folder: join(folder, 'secrets'), log: aLog(), isIntact: () => true })
  return createVault({ store, keys, hostKeys: { recipientFor, settled: async () => {} }, log: aLog() })
}

function parcel(bytes: Buffer = CLEAR, format: 'plain' | 'age' = 'plain') {
  const pack = packSecret({ format, bytes }, keys.digestKey)
  return { digest: secretDigest(pack), origin: 'db.txt', pack }
}

describe('the digest of a secret', () => {
  it('is the same for the same value, and needs the key to be made', () => {
    const { digest } = parcel()
    expect(parcel().digest).toBe(digest)
    expect(parcel(Buffer.from('hunter3-canary')).digest).not.toBe(digest)
    expect(secretDigest(packSecret({ format: 'plain', bytes: CLEAR }, Buffer.alloc(32)))).not.toBe(digest)
  })

  it('of an encrypted file is known without the key: a plan offline can tell', () => {
    const secret = { format: 'age' as const, bytes: CLEAR }
    expect(packSecret(secret, keys.digestKey)).toEqual(packSecret(secret, Buffer.alloc(0)))
  })
})

describe('the vault', () => {
  it('keeps a secret sealed to the controller, over a restart, and gives it to the host alone', async () => {
    const { digest, ...kept } = parcel()
    await (await aVault()).keep(digest, kept)
    expect(readdirSync(join(folder, 'secrets'))).toEqual([digest])
    expect(readFileSync(join(folder, 'secrets', digest)).includes('canary')).toBe(false)
    const sealed = (await (await aVault()).sealFor('alpha', digest)) ?? Buffer.alloc(0)
    expect(sealed.includes('canary')).toBe(false)
    const { origin, pack } = unwrapSecret(await unseal(host, sealed))
    expect(origin).toBe('db.txt')
    expect(unpackSecret(pack)).toEqual({ format: 'plain', bytes: CLEAR })
    for (const other of [newIdentity(), keys.identity])
      await expect(unseal(other, sealed)).rejects.toMatchObject({ code: 'SECRET_SEALED' })
  })

  it('has nothing to do for what it has', async () => {
    const vault = await aVault()
    const { digest, ...kept } = parcel()
    const secrets = new Map([[digest, kept]])
    await keepSecrets(secrets, vault)
    expect(keepSecrets(secrets, vault)).toBeUndefined()
  })

  it('gives the key along that opens a file which is encrypted to the controller', async () => {
    const file = await sealTo([keys.recipient], CLEAR)
    const { digest, ...kept } = parcel(file, 'age')
    const vault = await aVault()
    await vault.keep(digest, kept)
    const sealed = (await vault.sealFor('alpha', digest)) ?? Buffer.alloc(0)
    const { dataKey, pack } = unwrapSecret(await unseal(host, sealed))
    expect(dataKey?.length).toBe(16)
    expect(secretDigest(pack)).toBe(digest)
  })

  it('refuses a host whose key is not sure, and says nothing of what it does not have', async () => {
    const { digest, ...kept } = parcel()
    for (const code of ['HOST_KEY_CHANGED', 'HOST_KEY_MISSING'] as const) {
      const vault = await aVault(() => {
        throw new SetpointError(code, 'no')
      })
      await vault.keep(digest, kept)
      expect(await vault.sealFor('alpha', digest)).toEqual(refusal(code))
    }
    expect(await (await aVault()).sealFor('alpha', 'f'.repeat(64))).toBeUndefined()
  })

  it('hands over secrets, and nothing else, under the key of one host', async () => {
    const vault = await aVault()
    const contents = [
      { kind: 'secret' as const, target: '/s', digest: 'a'.repeat(64) },
      { kind: 'config' as const, target: '/c', digest: 'b'.repeat(64) },
    ]
    const keysOf = handoversOf({ host: 'alpha', contents }, vault).map(({ key }) => key)
    expect(keysOf).toEqual([`setpoint:sealed:alpha:${'a'.repeat(64)}`])
  })
})

describe('external secrets', () => {
  const open = async () =>
    openExternalSecrets({
      file: join(folder, 'external.json'),
      keys,
      vault: await aVault(),
      now: () => new Date(0),
    })

  it('are set, kept over a restart, changed and forgotten', async () => {
    const secrets = await open()
    const before = secrets.digests()
    const first = await secrets.set('db', await sealTo([keys.recipient], CLEAR))
    expect(secrets.digests()).not.toBe(before)
    const again = await open()
    expect(again.list()).toEqual([first])
    expect(readFileSync(join(folder, 'external.json'), 'utf8')).not.toContain('canary')
    const second = await again.set('db', await sealTo([keys.recipient], Buffer.from('other')))
    expect(second.digest).not.toBe(first.digest)
    await again.remove('db')
    expect((await open()).list()).toEqual([])
    await expect(again.remove('db')).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' })
  })

  it.each([
    ['a name that leads elsewhere', '../db', 'x'],
    ['no name', '', 'x'],
    ['nothing', 'db', ''],
    ['a broken file of age', 'db', 'age-encryption.org/v1\ngarbage'],
    ['too much', 'db', 'x'.repeat(1024 * 1024 + 1)],
  ])('are refused: %s', async (_, name, value) => {
    const sealed = await sealTo([keys.recipient], Buffer.from(value))
    await expect((await open()).set(name, sealed)).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('are taken only sealed to this controller', async () => {
    const elsewhere = await sealTo([recipientOf(newIdentity())], CLEAR)
    await expect((await open()).set('db', elsewhere)).rejects.toMatchObject({ code: 'SECRET_SEALED' })
  })

  it('are not forgotten while a stack uses them, and change nothing where another controller leads', async () => {
    const externals = await open()
    const { digest } = await externals.set('db', await sealTo([keys.recipient], CLEAR))
    const app = aService('app')
    const contents = [{ kind: 'secret' as const, target: '/run/secrets/db', digest }]
    const stack = aStack('web', [{ ...app, container: { ...app.container, contents } }])
    const service = (mayChange: () => void) =>
      createSecretService({ externals, specs: () => [stack], mayChange, onChange: async () => {} })
    expect(service(() => {}).secrets()).toMatchObject([{ name: 'db', usedBy: ['web/app'] }])
    await expect(service(() => {}).removeSecret('db')).rejects.toMatchObject({ code: 'SECRET_IN_USE' })
    const follows = service(() => {
      throw new SetpointError('NOT_LEADER', 'no')
    })
    await expect(follows.setSecret('db', Buffer.alloc(0))).rejects.toMatchObject({ code: 'NOT_LEADER' })
  })
})
