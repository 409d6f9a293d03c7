import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aTask, host, networks, paths, reopen, run, useNetworkHost } from '../support/network-host.ts'

useNetworkHost()

describe('a network whose file cannot be written', () => {
  it('loses a task at once, and its address when the file can be written again', async () => {
    const [one, two] = [await run(aTask('web', 1)), await run(aTask('web', 2))]
    const writable = await hinder()
    await expect(networks.detach(one.task.id)).rejects.toThrow('EISDIR')
    expect(await host.run('ip', 'netns', 'list')).not.toContain(one.task.id)
    await expect(networks.detach(one.task.id)).rejects.toThrow('EISDIR')
    await writable()
    await networks.detach(one.task.id)
    expect(await leased()).toEqual([two.task.id])
  })

  it('does not keep a new agent from starting', async () => {
    const [one, two] = [await run(aTask('web', 1)), await run(aTask('web', 2))]
    await networks.close()
    await rm(paths.task(one.task.id), { recursive: true })
    const writable = await hinder()
    await reopen()
    expect(await networks.addressesOf(two.task.id)).toEqual([`shop_default=${two.addresses.shop_default}`])
    await writable()
    const three = await run(aTask('web', 3))
    expect(await leased()).toEqual([two.task.id, three.task.id])
  })
})

/** As on a full disk: what is to be renamed to the file cannot be made. Gives what makes it possible again. */
async function hinder(): Promise<() => Promise<void>> {
  const temporary = `${await file()}.tmp`
  await mkdir(temporary)
  return () => rmdir(temporary)
}

async function leased(): Promise<string[]> {
  return Object.keys(JSON.parse(await readFile(await file(), 'utf8')).leases)
}

async function file(): Promise<string> {
  const folder = join(paths.state, 'networks')
  const [name = ''] = (await readdir(folder)).filter((one) => one.endsWith('.json'))
  return join(folder, name)
}
