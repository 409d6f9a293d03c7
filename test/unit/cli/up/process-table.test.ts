import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { layoutOf } from '../../../../controller/cli/up/layout.ts'
import { stopLeftovers } from '../../../../controller/cli/up/leftovers.ts'
import { livingProcess, takePidFile, writePidFile } from '../../../../controller/cli/up/pid-file.ts'
import { isAlive, markOf, stopProcess } from '../../../../controller/cli/up/process-table.ts'

const children: ChildProcess[] = []
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-up-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

/** A process that sleeps; `shield` makes it ignore SIGTERM. */
async function sleeper(shield = false): Promise<{ child: ChildProcess; pid: number }> {
  const trap = shield ? "process.on('SIGTERM', () => {});" : ''
  const child = spawn(process.execPath, ['-e', `${trap} setInterval(() => {}, 1000); console.log('ready')`])
  children.push(child)
  await once(child.stdout, 'data')
  return { child, pid: child.pid ?? 0 }
}

describe('a process', () => {
  it('is told from another one that gets its number', async () => {
    const { child, pid } = await sleeper()
    const mark = markOf(pid)
    expect(mark && isAlive(mark)).toBe(true)
    expect(mark && isAlive({ ...mark, started: '1' })).toBe(false)
    expect(mark && isAlive({ ...mark, boot: 'another' })).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(markOf(pid)).toBeUndefined()
  })

  it('is stopped by SIGTERM, and by SIGKILL when that does not help', async () => {
    const [soft, hard] = await Promise.all([sleeper(), sleeper(true)])
    const marks = [markOf(soft.pid), markOf(hard.pid)].filter((mark) => mark !== undefined)
    expect(await Promise.all(marks.map((mark) => stopProcess(mark, 300)))).toEqual(['ended', 'killed'])
  })
})

describe('the lock', () => {
  it('is given to one only, and again when its holder has gone', async () => {
    const file = join(folder, 'up.pid')
    const { child, pid } = await sleeper()
    writePidFile(file, pid)
    expect(takePidFile(file)).toMatchObject({ pid })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(takePidFile(file)).toBeUndefined()
    expect(livingProcess(file)).toMatchObject({ pid: process.pid })
    expect(takePidFile(file)).toMatchObject({ pid: process.pid })
    expect(await readdir(folder)).toEqual(['up.pid'])
  })

  it('is not held by a damaged file', async () => {
    const file = join(folder, 'up.pid')
    for (const text of ['', '{"pid"', '{"pid":"1"}', '{"pid":-1}']) {
      await writeFile(file, text)
      expect(takePidFile(file)).toBeUndefined()
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid })
    }
  })
})

describe('leftovers of a killed up', () => {
  it('are stopped, but never a process that is none of ours', async () => {
    const layout = layoutOf(folder)
    const file = layout.pidFile('agent')
    await mkdir(join(folder, 'pids'))
    const stranger = await sleeper()
    writePidFile(file, stranger.pid)
    expect(await stopLeftovers(layout)).toEqual([])
    expect(markOf(stranger.pid)).toBeDefined()
    expect(existsSync(file)).toBe(false)

    const script = join(folder, 'agent', 'main.ts')
    await mkdir(join(folder, 'agent'))
    await writeFile(script, "setInterval(() => {}, 1000); console.log('ready')")
    const agent = spawn(process.execPath, [script])
    children.push(agent)
    await once(agent.stdout, 'data')
    writePidFile(file, agent.pid ?? 0)
    const gone = once(agent, 'exit')
    expect(await stopLeftovers(layout)).toEqual(['agent'])
    await gone
    expect(await stopLeftovers(layout)).toEqual([])
  })
})
