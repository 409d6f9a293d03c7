import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../../../controller/cli/up/layout.ts'
import { hostNameFrom, upOptions } from '../../../../controller/cli/up/options.ts'
import { serviceSpecs } from '../../../../controller/cli/up/services.ts'
import { requireTools } from '../../../../controller/cli/up/tools.ts'

const flags = {
  source: ['https://user:hunter2@git.example/infra.git', '/srv/more'],
  listen: '127.0.0.1:7070',
  interval: 60_000,
  host: 'alpha',
  logLevel: 'info',
  runtime: 'auto' as const,
  storageRoot: '/srv/images',
  authFile: '/etc/setpoint/auth.json',
}

describe('the processes of up', () => {
  const options = upOptions({ ...flags, state: '/srv/state' }, {})
  const specs = serviceSpecs(options, layoutOf(options.state), { PATH: '/opt/bin' })

  it('meet at one socket and one key', () => {
    expect(specs.redis.argv).toContain('/srv/state/redis/redis.sock')
    for (const { argv } of [specs.controller, specs.agent])
      expect(argv).toContain('unix:///srv/state/redis/redis.sock')
    expect(valueAfter(specs.agent.argv, '--controller-key')).toBe('/srv/state/controller/controller.pub')
    expect(valueAfter(specs.controller.argv, '--state')).toBe('/srv/state')
    expect(valueAfter(specs.agent.argv, '--state')).toBe('/srv/state/agent')
    expect(valueAfter(specs.agent.argv, '--storage-root')).toBe('/srv/images')
    for (const { argv } of [specs.agent, specs.controller]) {
      expect(valueAfter(argv, '--auth-file')).toBe('/etc/setpoint/auth.json')
    }
  })

  it('keep a password in a source out of every command line', () => {
    expect(Object.values(specs).flatMap(({ argv }) => argv.join(' '))).not.toContainEqual(
      expect.stringContaining('hunter2'),
    )
    expect(specs.controller.env.SETPOINT_SOURCES).toBe(flags.source.join('\n'))
    expect(specs.agent.env.SETPOINT_SOURCES).toBeUndefined()
  })

  it('start the agent by itself as it starts here', () => {
    const [, flag] = specs.agent.argv
    expect(readFileSync('scripts/setpoint-agent.mjs', 'utf8')).toMatch(`#!/usr/bin/env -S node ${flag} --\n`)
  })

  it('find the tools of the system', () => {
    expect(specs.agent.env.PATH).toMatch(/^\/opt\/bin:.*\/usr\/sbin/)
  })
})

describe('a state folder with a long path', () => {
  it('has its sockets under /run, where their paths are short enough', () => {
    const layout = layoutOf(`/srv/${'x'.repeat(100)}`)
    expect(layout.redisSocket).toMatch(/^\/run\/setpoint\/[0-9a-f]{8}\/redis\.sock$/)
    expect(layout.apiSocket).toMatch(/^\/run\/setpoint\/[0-9a-f]{8}\/api\.sock$/)
    expect(layoutOf('/srv/state').apiSocket).toBe('/srv/state/api.sock')
  })
})

describe('the name of this host', () => {
  it('is its hostname in the form of a DNS label', () => {
    expect(['Alpha', 'my_host.example', '-x-', '', 'ü', 'a'.repeat(80)].map(hostNameFrom)).toEqual([
      'alpha',
      'my-host.example',
      'x',
      'localhost',
      'localhost',
      'a'.repeat(63),
    ])
  })

  it('is the one that the agent of the state folder had at its first start', () => {
    const state = mkdtempSync(join(tmpdir(), 'up-'))
    mkdirSync(layoutOf(state).agentState)
    writeFileSync(join(layoutOf(state).agentState, 'host'), 'old-name\n')
    const { host: _, ...unnamed } = flags
    expect(upOptions({ ...unnamed, state }, {}).host).toBe('old-name')
    expect(upOptions({ ...flags, state, host: 'new-name' }, {}).host).toBe('new-name')
    rmSync(state, { recursive: true })
  })

  it('is refused when it is given and has another form', () => {
    expect(() => upOptions({ ...flags, host: 'Not A Name' }, {})).toThrow(/cannot be a host's name/)
  })
})

describe('the tools', () => {
  it('are asked for all at once, by package', () => {
    expect(() => requireTools('auto', '')).not.toThrow()
    expect(() => requireTools('runc', '', () => false)).toThrow(
      expect.objectContaining({
        code: 'RUNTIME_MISSING',
        message: expect.stringContaining('redis-server, runc, conmon, buildah, ip, nft'),
        hint: expect.stringContaining('redis-server runc conmon buildah iproute2 nftables'),
      }),
    )
    expect(() => requireTools('auto', '', (tool) => tool !== 'crun')).not.toThrow()
    expect(() => requireTools('crun', '', (tool) => tool !== 'crun')).toThrow(/not installed: crun/)
  })
})

function valueAfter(argv: string[], flag: string): string | undefined {
  return argv[argv.indexOf(flag) + 1]
}
