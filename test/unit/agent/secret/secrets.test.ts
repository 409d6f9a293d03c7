import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSecrets } from '../../../../agent/secret/create.ts'
import type { Memory } from '../../../../agent/secret/memory.ts'
import { newIdentity, recipientOf, sealTo } from '../../../../schemas/sealing/seal.ts'
import { packSecret, refusal, secretDigest, wrapSecret } from '../../../../schemas/sealing/secret.ts'
import type { SecretFormat } from '../../../../schemas/sealing/secret-file.ts'
import { dataKeyOf } from '../../../../schemas/sealing/secret-key.ts'
import { sealedKey } from '../../../../schemas/wire.ts'
import { aContainer } from '../../../support/builders.ts'
import { aLog, aTask } from '../../../support/jobs.ts'

const identity = newIdentity()
const recipient = recipientOf(identity)
const KEY = Buffer.alloc(32, 1)
const CLEAR = Buffer.from('hunter2-canary')

let folder = ''
let redis: Map<string, Buffer>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  redis = new Map()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function secrets(log = aLog()) {
  return createSecrets({
    paths: { state: folder },
    memory: memory(),
    fetch: async (key) => redis.get(key),
    hostKey: async () => ({ identity, recipient }),
    log,
  })
}

/** A folder in the place of a tmpfs. */
function memory(): Memory {
  const home = join(folder, 'memory')
  return {
    async folder(id) {
      mkdirSync(join(home, id), { recursive: true })
      return join(home, id)
    },
    write: async (file, content) => writeFileSync(file, await content()),
    remove: async (id) => rmSync(join(home, id), { recursive: true, force: true }),
    list: async () => [],
  }
}

function packed(bytes: Buffer, format: SecretFormat = 'plain') {
  const pack = packSecret({ format, bytes }, KEY)
  return { pack, digest: secretDigest(pack) }
}

const task = (digest: string) =>
  aTask('t1', {
    container: aContainer({ contents: [{ kind: 'secret', target: '/run/secrets/db', digest }] }),
  })

async function resolved(digest: string): Promise<string> {
  const [mount] = await secrets().resolve(task(digest))
  return readFileSync(mount?.source ?? '', 'utf8')
}

/** As the controller puts it into Redis. */
async function deliver(
  digest: string,
  payload: Parameters<typeof wrapSecret>[0],
  to = recipient,
): Promise<void> {
  redis.set(sealedKey('one', digest), await sealTo([to], wrapSecret(payload)))
}

describe('a secret', () => {
  it('is fetched once and opened from the disk from then on', async () => {
    const { pack, digest } = packed(CLEAR)
    await deliver(digest, { origin: 'db.txt', pack })
    expect(await resolved(digest)).toBe('hunter2-canary')
    redis.clear()
    expect(await resolved(digest)).toBe('hunter2-canary')
    expect(readFileSync(join(folder, 'secrets', digest)).includes('canary')).toBe(false)
  })

  it('is fetched again when its bytes on the disk were changed', async () => {
    const { pack, digest } = packed(CLEAR)
    await deliver(digest, { origin: 'db.txt', pack })
    await resolved(digest)
    writeFileSync(join(folder, 'secrets', digest), 'rubbish')
    expect(await resolved(digest)).toBe('hunter2-canary')
    await secrets().release(
      () => false,
      () => true,
    )
    redis.clear()
    await expect(resolved(digest)).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
  })

  it('of somebody else who can write to Redis is not taken, though it is sealed to this host', async () => {
    const { digest } = packed(CLEAR)
    await deliver(digest, { origin: 'db.txt', pack: packed(Buffer.from('evil')).pack })
    await expect(resolved(digest)).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  })

  it('that was sealed to another host, or is none, is not taken', async () => {
    const { pack, digest } = packed(CLEAR)
    await deliver(digest, { origin: 'db.txt', pack }, recipientOf(newIdentity()))
    await expect(resolved(digest)).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
    redis.set(sealedKey('one', digest), await sealTo([recipient], Buffer.from('{"origin": "hunter2-canary')))
    const error = await resolved(digest).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'CONTENT_INVALID' })
    expect(error.message).not.toContain('canary')
  })

  it.each(['HOST_KEY_CHANGED', 'HOST_KEY_MISSING'] as const)(
    'is refused by the controller: %s',
    async (code) => {
      const { digest } = packed(CLEAR)
      redis.set(sealedKey('one', digest), refusal(code))
      await expect(resolved(digest)).rejects.toMatchObject({ code })
    },
  )
})

describe('a file that age has encrypted', () => {
  it('to this host is opened here', async () => {
    const { pack, digest } = packed(await sealTo([recipientOf(newIdentity()), recipient], CLEAR), 'age')
    await deliver(digest, { origin: 'db.age', pack })
    expect(await resolved(digest)).toBe('hunter2-canary')
  })

  it('to the controller is opened with the key that comes along', async () => {
    const controller = newIdentity()
    const bytes = await sealTo([recipientOf(controller)], CLEAR)
    const { pack, digest } = packed(bytes, 'age')
    const dataKey = await dataKeyOf(controller, { format: 'age', bytes })
    await deliver(digest, { origin: 'db.age', pack, ...(dataKey && { dataKey }) })
    expect(await resolved(digest)).toBe('hunter2-canary')
  })

  it('to others says so, with the key that this host has', async () => {
    const { pack, digest } = packed(await sealTo([recipientOf(newIdentity())], CLEAR), 'age')
    await deliver(digest, { origin: 'shop/db.age', pack })
    await expect(resolved(digest)).rejects.toMatchObject({
      code: 'SECRET_SEALED',
      message: `shop/db.age, the secret /run/secrets/db, is encrypted to others (age does not write down to whom); this host has the key ${recipient}.`,
    })
  })

  it('is not opened with a wrong key, or when it is damaged', async () => {
    const bytes = await sealTo([recipient], CLEAR)
    const { pack, digest } = packed(bytes, 'age')
    await deliver(digest, { origin: 'db.age', pack, dataKey: Buffer.alloc(16) })
    await expect(resolved(digest)).rejects.toMatchObject({ code: 'SECRET_SEALED' })
    const damaged = packed(Buffer.concat([bytes.subarray(0, -1), Buffer.from('x')]), 'age')
    await deliver(damaged.digest, { origin: 'db.age', pack: damaged.pack })
    const error = await resolved(damaged.digest).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'SECRET_SEALED' })
    expect(error.message).toContain('cannot be opened: The file of age is damaged.')
  })

  it('is called damaged, not that of others, when only the code of its header is another', async () => {
    const bytes = await sealTo([recipient], CLEAR)
    const at = bytes.indexOf('\n--- ') + '\n--- '.length
    bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41
    const { pack, digest } = packed(bytes, 'age')
    await deliver(digest, { origin: 'db.age', pack })
    await expect(resolved(digest)).rejects.toThrow('cannot be opened: The file of age is damaged.')
  })
})
