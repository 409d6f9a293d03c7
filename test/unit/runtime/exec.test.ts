import { describe, expect, it } from 'vitest'
import { type CommandError, run, succeed } from '../../../agent/runtime/exec.ts'

describe('a command', () => {
  it('gives its output and exit code', async () => {
    expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
    })
    expect(await run(['cat'], { input: 'words' })).toMatchObject({ stdout: 'words' })
    expect(await run(['sh', '-c', 'kill -TERM $$'])).toMatchObject({ exitCode: 143 })
  })

  it('speaks English', async () => {
    expect((await succeed(['env'])).split('\n')).toContain('LC_ALL=C')
  })

  it('is killed when the time is up, even when its children hold its output', async () => {
    const result = await run(['sh', '-c', 'echo begun; sleep 3 & exec sleep 60'], { timeout: 200 })
    expect(result).toMatchObject({ exitCode: 137, stdout: 'begun\n', timedOut: true })
  })

  it('that has ended in time has not timed out, whoever holds its output', async () => {
    const result = await run(['sh', '-c', 'sleep 3 & echo done'], { timeout: 300 })
    expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n', timedOut: false })
  })

  it('lets something be done when the time is up, and ends even when that fails', async () => {
    let asked = 0
    const onTimeout = async () => {
      asked += 1
      throw new Error('nothing to be done')
    }
    expect(await run(['sleep', '60'], { timeout: 100, onTimeout })).toMatchObject({ timedOut: true })
    expect(await run(['true'], { onTimeout })).toMatchObject({ timedOut: false })
    expect(asked).toBe(1)
  })

  it('has only so much of its output kept', async () => {
    expect((await run(['sh', '-c', 'yes | head -n 1000'], { maxOutput: 10 })).stdout).toBe('y\ny\ny\ny\ny\n')
  })

  it('that fails is an error with its last words', async () => {
    const failing = succeed(['sh', '-c', 'echo a; echo b >&2; exit 4'])
    await expect(failing).rejects.toThrow('sh failed (4): b')
    await failing.catch((error: CommandError) => expect(error.result.exitCode).toBe(4))
    await expect(succeed(['sleep', '60'], { timeout: 50 })).rejects.toThrow('sleep did not finish in time')
  })

  it('that is not installed names its package', async () => {
    await expect(run(['nft'], { env: { PATH: '/nowhere' } })).rejects.toMatchObject({
      code: 'RUNTIME_MISSING',
      message: 'nft is not installed on this host.',
      hint: 'Install it: `apt-get install -y nftables`.',
    })
  })
})
