import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectApi } from '../../../../controller/cli/client/client.ts'
import { run } from '../../../../controller/cli/program.ts'
import { followStatus } from '../../../../controller/cli/up/follow.ts'
import { layoutOf } from '../../../../controller/cli/up/layout.ts'
import { upOptions } from '../../../../controller/cli/up/options.ts'
import { serviceSpecs } from '../../../../controller/cli/up/services.ts'
import { startServices } from '../../../../controller/cli/up/start.ts'
import type { Supervised } from '../../../../controller/cli/up/supervise.ts'
import { tailFiles } from '../../../../controller/cli/up/tail.ts'
import { aStack, aStatus } from '../../api/fake-service.ts'
import { startApi, testContext } from '../api-at.ts'

let state: string
const running: Supervised[] = []

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'setpoint-start-'))
  for (const folder of layoutOf(state).folders) await mkdir(folder, { recursive: true })
})

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop(5_000)))
  await rm(state, { recursive: true })
})

/** Starts with a Redis of the given command line, which everything else would wait for. */
function startWith(redis: string[] | undefined, signal = new AbortController().signal) {
  const layout = layoutOf(state)
  const flags = {
    source: [],
    listen: '',
    interval: 60_000,
    logLevel: 'info',
    runtime: 'auto' as const,
    state,
  }
  const specs = serviceSpecs(upOptions(flags, {}), layout, process.env)
  return startServices({
    specs: redis ? { ...specs, redis: { ...specs.redis, argv: redis } } : specs,
    layout,
    client: connectApi({ SETPOINT_API: `unix:${layout.apiSocket}` }),
    host: 'alpha',
    tell: () => undefined,
    started: (service) => running.push(service),
    signal,
  })
}

describe('starting', () => {
  it('fails with the words of the process that failed', async () => {
    const script = 'console.error("noise\\nsetpoint: the disk is full\\n  make room"); process.exit(2)'
    await expect(startWith([process.execPath, '-e', script])).rejects.toMatchObject({
      message: 'The redis did not start: the disk is full',
      hint: 'make room',
    })
    await expect(startWith([process.execPath, '-e', 'process.exit(9)'])).rejects.toMatchObject({
      message: 'The redis did not start: exit code 9',
    })
  })

  it('fails with what stands in the way of the controller, and lets Redis be stopped', async () => {
    const layout = layoutOf(state)
    await writeFile(layout.apiSocket, 'a file, not a socket')
    await expect(startWith(undefined)).rejects.toMatchObject({
      message: expect.stringContaining('The controller did not start: '),
    })
    expect(running.map(({ name }) => name)).toEqual(['redis', 'controller'])
  })

  it('ends when somebody wants it to', async () => {
    const ending = new AbortController()
    const starting = startWith([process.execPath, '-e', 'setInterval(() => {}, 1000)'], ending.signal)
    ending.abort()
    await expect(starting).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('following', () => {
  it('sees each status once, and those of the next life of the controller', async () => {
    const api = await startApi()
    const ending = new AbortController()
    const seen: string[] = []
    const client = api.context.client()
    await followStatus(
      client,
      (before, after) => {
        seen.push(`${before?.stacks[0]?.outcome ?? 'nothing'} → ${after.stacks[0]?.outcome}`)
        if (seen.length === 1) api.service.change(aStatus(aStack({ outcome: 'rolling' })))
        if (seen.length === 2) ending.abort()
      },
      ending.signal,
    )
    expect(seen).toEqual(['nothing → converged', 'converged → rolling'])
    await api.close()
  })

  it('passes on whole lines of a log as they are written', async () => {
    const file = join(state, 'a.log')
    await writeFile(file, 'old\n')
    const got = Promise.withResolvers<string>()
    const stop = tailFiles([file, join(state, 'missing.log')], got.resolve)
    await appendFile(file, 'ne')
    await appendFile(file, 'w\n')
    expect(await got.promise).toBe('new')
    stop()
  })
})

describe('down', () => {
  it('has nothing to do where nothing was ever up, twice in a row', async () => {
    const context = testContext({ SETPOINT_STATE: state })
    expect(await run(['down'], context)).toBe(0)
    expect(await run(['down', '--volumes', '--state', state], context)).toBe(0)
    expect(context.stdout).toEqual([`nothing to take down in ${state}`, `nothing to take down in ${state}`])
  })
})
