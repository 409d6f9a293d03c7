import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadKeys } from '../../../controller/state/keys.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = (name: string) => join(folder, name)

describe("the controller's keys", () => {
  it('are made at the first start and the same at the next', async () => {
    const first = await loadKeys(folder)
    const again = await loadKeys(folder)
    expect(again.publicPem).toBe(first.publicPem)
    const signature = sign(null, Buffer.from('x'), again.privateKey)
    expect(verify(null, Buffer.from('x'), first.publicKey, signature)).toBe(true)
  })

  it('are private, and the public one lies beside for agents', async () => {
    const { publicPem } = await loadKeys(folder)
    expect((await stat(file('controller.key'))).mode & 0o777).toBe(0o600)
    expect((await stat(file('controller.pub'))).mode & 0o777).toBe(0o644)
    expect(await readFile(file('controller.pub'), 'utf8')).toBe(publicPem)
    expect(createPublicKey(publicPem).asymmetricKeyType).toBe('ed25519')
    expect((await readdir(folder)).sort()).toEqual(['controller.key', 'controller.pub'])
  })

  it('are the same for two that start at the same time', async () => {
    const [one, two] = await Promise.all([loadKeys(folder), loadKeys(folder)])
    expect(one.publicPem).toBe(two.publicPem)
  })

  it('get their public file back when it is lost or another', async () => {
    const { publicPem } = await loadKeys(folder)
    await writeFile(file('controller.pub'), 'other')
    await loadKeys(folder)
    expect(await readFile(file('controller.pub'), 'utf8')).toBe(publicPem)
  })

  it.each([0o640, 0o604, 0o660])('are refused when others may use them (mode %o)', async (mode) => {
    await loadKeys(folder)
    await chmod(file('controller.key'), mode)
    await expect(loadKeys(folder)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(`controller.key has mode 0${mode.toString(8)}`),
      hint: expect.stringContaining('chmod 600'),
    })
  })

  it.each<[string, string]>([
    ['empty', ''],
    ['damaged', '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n'],
    ['of another kind', rsa()],
  ])('are refused, not made anew, when the file is %s', async (_name, pem) => {
    await writeFile(file('controller.key'), pem, { mode: 0o600 })
    await expect(loadKeys(folder)).rejects.toMatchObject({ code: 'USAGE' })
    expect(await readFile(file('controller.key'), 'utf8')).toBe(pem)
  })
})

function rsa(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
