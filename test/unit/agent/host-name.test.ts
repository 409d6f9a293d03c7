import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forgetHost, hostNameOf, pinHost } from '../../../agent/host-name.ts'

let state = ''
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'host-'))
})
afterEach(() => rmSync(state, { recursive: true, force: true }))

describe('the name of a host', () => {
  it('is what was given at the first start, or the machine’s', async () => {
    expect(await hostNameOf(state, 'alpha')).toBe('alpha')
    expect(await hostNameOf(join(state, 'none'), undefined)).toBe(hostname().toLowerCase())
  })

  it('stays, also when the machine is called otherwise by now', async () => {
    await pinHost(state, 'alpha')
    expect(await hostNameOf(state, undefined)).toBe('alpha')
    expect(await hostNameOf(state, 'alpha')).toBe('alpha')
  })

  it('is not another one later, until nothing is left of its tasks', async () => {
    await pinHost(state, 'alpha')
    await expect(hostNameOf(state, 'beta')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/alpha.*beta/),
      hint: expect.stringContaining('--host alpha'),
    })
    await forgetHost(state)
    expect(await hostNameOf(state, 'beta')).toBe('beta')
  })

  it('is asked for when its file was cut off, and told when it is damaged', async () => {
    writeFileSync(join(state, 'host'), '')
    expect(await hostNameOf(state, 'alpha')).toBe('alpha')
    writeFileSync(join(state, 'host'), 'Not A Host')
    await expect(hostNameOf(state, 'alpha')).rejects.toThrow(/holds no host name/)
  })

  it('that is another one ends the agent with 2 before it touches anything', async () => {
    await pinHost(state, 'alpha')
    const main = fileURLToPath(new URL('../../../agent/main.ts', import.meta.url))
    const flags = ['--redis', 'unix:///no.sock', '--state', state, '--host', 'beta']
    const log = ['--log-level', 'silent']
    const { status, stderr } = spawnSync(process.execPath, [main, ...flags, ...log], { encoding: 'utf8' })
    expect(stderr).toContain('Give --host alpha.')
    expect(status).toBe(2)
    expect(readdirSync(state).filter((name) => name !== 'cache')).toEqual(['host'])
  }, 20_000)
})
