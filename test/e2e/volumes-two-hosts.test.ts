import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { ForgottenHostDocument, VolumesDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { type SecondAgent, secondAgent } from '../support/second-agent.ts'
import { isConverged, tasksOf } from '../support/stacks.ts'

let host: TestHost
let second: SecondAgent

const stack = (deploy: string) => `services:
  app:
    image: ${TEST_IMAGE}
    stop_grace_period: 1s
    deploy: ${deploy}
    network_mode: none
    volumes: [data:/data]
volumes: {data: {}}
`

beforeAll(async () => {
  host = await startHost()
  second = await secondAgent(host)
  await second.start()
  await host.until(isConverged(await host.commit({ 'web/compose.yaml': stack('{mode: global}') })), 60_000)
})
afterAll(async () => {
  await second?.destroy()
  await host?.destroy()
})

const volumesOf = (state: string) => readdir(join(state, 'volumes'))
const folders = () => ({ vm: join(host.state, 'agent'), second: second.state })

async function placesOf(...flags: string[]): Promise<string[]> {
  const { json } = await host.setpoint('volumes', ...flags, '--output', 'json')
  return (json as VolumesDocument).volumes.map((volume) => `${volume.name} on ${volume.host}`)
}

it('shows the volume of each host, and keeps both while a task may be on either', async () => {
  expect(await placesOf()).toEqual(['web_data on second', 'web_data on vm'])
  const { code, stderr } = await host.setpoint('volumes', 'rm', 'web_data', '--host', 'second')
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('declared by web and used by'),
  })
})

it('removes what a service has left behind on a host where it is not any more', async () => {
  const revision = await host.commit({ 'web/compose.yaml': stack('{replicas: 1}') })
  const status = await host.until((now) => isConverged(revision)(now) && tasksOf(now).length === 1, 60_000)
  const stays = tasksOf(status)[0]?.host === 'vm' ? 'vm' : 'second'
  const left = stays === 'vm' ? 'second' : 'vm'
  await expect.poll(() => placesOf('--unused')).toEqual([`web_data on ${left}`])

  const unclear = await host.setpoint('volumes', 'rm', 'web_data')
  expect(unclear).toMatchObject({ code: 2, stderr: expect.stringContaining('on second, vm: say which') })
  expect(await volumesOf(folders()[left])).toEqual(['web_data'])

  const { code, stdout } = await host.setpoint('volumes', 'rm', 'web_data', '--host', left)
  expect({ code, stdout }).toEqual({ code: 0, stdout: `web_data is removed from ${left}.\n` })
  expect(await volumesOf(folders()[left])).toEqual([])
  expect(await volumesOf(folders()[stays])).toEqual(['web_data'])
})

it('does not take a host that has not reported yet for one without the volume', async () => {
  const other = stack('{replicas: 2}').replace('app:', 'db:')
  await host.commit({ 'web/compose.yaml': null, 'other/compose.yaml': other })
  const before = await host.until(
    (now) => isConverged(undefined, 'other')(now) && tasksOf(now, 'other').length === 2,
    60_000,
  )
  expect(
    tasksOf(before, 'other')
      .map((task) => task.host)
      .sort(),
  ).toEqual(['second', 'vm'])
  await second.stop()
  await host.stop()
  await rm(join(host.state, 'redis'), { recursive: true, force: true })
  await host.start()
  await host.until(({ hosts }) => hosts.some(({ name }) => name === 'vm'))

  const { code, stderr } = await host.setpoint('volumes', 'rm', 'web_data')
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('second has not reported since this controller started'),
  })
  expect(await host.setpoint('volumes')).toMatchObject({ code: 1, stderr: expect.stringContaining('second') })
})

it('forgets a host that is gone for good: what was there is placed anew, and removed where it comes back', async () => {
  const refused = await host.setpoint('hosts', 'rm', 'vm')
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('vm is there: it was last heard'),
  })
  expect(refused.stderr).toContain('What counts on it: other/db.')

  const { json, stderr } = await vi.waitFor(async () => {
    const forgotten = await host.setpoint('hosts', 'rm', 'second', '--output', 'json')
    expect(forgotten.code).toBe(0) // not before it would have been heard
    return forgotten
  }, 30_000)
  expect(json as ForgottenHostDocument).toMatchObject({ tasks: [{ stack: 'other', service: 'db' }] })
  expect(stderr).toContain('the volume other_data of other was on second')
  expect(await host.redis('KEYS', 'setpoint:host-second:*')).toBe('')
  expect(existsSync(join(host.state, 'controller/hosts/second.json'))).toBe(false)
  const moved = await host.until(
    (now) => isConverged(undefined, 'other')(now) && tasksOf(now, 'other').length === 2,
    60_000,
  )
  expect(tasksOf(moved, 'other').map((task) => task.host)).toEqual(['vm', 'vm'])

  await second.start() // its container has run on
  await host.until(
    (now) => now.hosts.length === 2 && tasksOf(now, 'other').every((task) => task.host === 'vm'),
    60_000,
  )
  await expect.poll(() => readdir(join(second.state, 'tasks')), { timeout: 30_000 }).toEqual([])
  expect(tasksOf(await host.status(), 'other').map(({ id }) => id)).toEqual(
    tasksOf(moved, 'other').map(({ id }) => id),
  )
})
