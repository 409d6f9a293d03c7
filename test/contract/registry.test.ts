import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRegistry, type Registry } from '../../controller/registry/registry.ts'
import { type TestStorage, testStorage } from '../support/containers-storage.ts'
import {
  DEPLOYER,
  type RegistryProxy,
  type Registry as Started,
  startProxy,
  startRegistry,
} from '../support/registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'setpoint-registry-'))
const authFile = join(folder, 'auth.json')

let storage: TestStorage
let open: Started
let locked: Started
let proxy: RegistryProxy
let registry: Registry

beforeAll(async () => {
  storage = await testStorage()
  open = await startRegistry(join(folder, 'open'))
  locked = await startRegistry(join(folder, 'locked'), { locked: true })
  proxy = await startProxy(open.name)
  const conf = [open, locked, proxy].map(
    ({ name }) => `[[registry]]\nlocation = "${name}"\ninsecure = true\n`,
  )
  const mirror = `[[registry]]\nprefix = "mirrored.example"\nlocation = "127.0.0.1:1"\n[[registry.mirror]]\nlocation = "${open.name}"\ninsecure = true\n`
  process.env.CONTAINERS_REGISTRIES_CONF = join(folder, 'registries.conf')
  await writeFile(process.env.CONTAINERS_REGISTRIES_CONF, [...conf, mirror].join('\n'))
  await push('one')
})

afterAll(async () => {
  await Promise.all([open, locked, proxy].map((each) => each.close()))
  await storage.close()
  await rm(folder, { recursive: true })
})

beforeEach(async () => {
  await rm(authFile, { force: true })
  registry = createRegistry({ authFile, now: () => new Date(), deadline: 5_000 })
})

describe('looking up what a reference stands for', () => {
  it('gives the digest that the registry itself gives, until the tag moves', async () => {
    const before = await registry.look(`${open.name}/app:1`)
    expect(before).toEqual({ digest: await digestOf() })
    await push('two')
    const after = await registry.look(`${open.name}/app:1`)
    expect(after).toEqual({ digest: await digestOf() })
    expect(after).not.toEqual(before)
  })

  it('asks the mirror that the machine is set up with', async () => {
    expect(await registry.look('mirrored.example/app:1')).toEqual({ digest: await digestOf() })
  })

  it('uses the credentials file as it is at that moment, and tells no password', async () => {
    const reference = `${locked.name}/app:1`
    expect(await registry.look(reference)).toMatchObject({ problem: expect.stringContaining('unauthorized') })
    await writeAuth('wrong-8')
    const refused = await registry.look(reference)
    expect(refused).toMatchObject({ problem: expect.stringContaining('unauthorized') })
    expect(JSON.stringify(refused)).not.toContain('wrong-8')
    await writeAuth(DEPLOYER.password)
    expect(await registry.look(reference)).toHaveProperty('digest')
  })

  it('says that there is no such image', async () => {
    expect(await registry.look(`${open.name}/none:1`)).toMatchObject({
      problem: expect.stringContaining('manifest unknown'),
    })
  })

  it('waits once for a registry that does not answer, however many images are asked for', async () => {
    proxy.mute(true)
    registry = createRegistry({ authFile, now: () => new Date(), deadline: 300 })
    const first = await registry.look(`${proxy.name}/app:1`)
    const asked = proxy.asked.length
    expect(first).toEqual({ problem: 'no answer within 0.3 s' })
    expect(await registry.look(`${proxy.name}/app:2`)).toEqual(first)
    expect(proxy.asked).toHaveLength(asked)
    proxy.mute(false)
  })

  it('is ended with the controller', async () => {
    proxy.mute(true)
    const looking = registry.look(`${proxy.name}/app:1`)
    registry.close()
    expect(await looking).toHaveProperty('problem')
    proxy.mute(false)
  })
})

async function digestOf(): Promise<string> {
  const accept = 'application/vnd.oci.image.manifest.v1+json'
  const answer = await fetch(`http://${open.name}/v2/app/manifests/1`, {
    method: 'HEAD',
    headers: { accept },
  })
  return answer.headers.get('docker-content-digest') ?? ''
}

async function push(content: string): Promise<void> {
  const container = await storage.buildah('from', 'scratch')
  const root = await storage.buildah('mount', container)
  await writeFile(join(root, 'hello'), content)
  await storage.buildah('commit', '--quiet', '--rm', container, `${open.name}/app:1`)
  await storage.buildah('push', '--quiet', `${open.name}/app:1`)
  const creds = `${DEPLOYER.name}:${DEPLOYER.password}`
  await storage.buildah(
    'push',
    '--quiet',
    '--creds',
    creds,
    `${open.name}/app:1`,
    `docker://${locked.name}/app:1`,
  )
}

async function writeAuth(password: string): Promise<void> {
  const auth = Buffer.from(`${DEPLOYER.name}:${password}`).toString('base64')
  await writeFile(authFile, JSON.stringify({ auths: { [locked.name]: { auth } } }))
}
