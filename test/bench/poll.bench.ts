import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSources } from '../../controller/git/open.ts'
import { poll } from '../../controller/git/poller.ts'
import type { Measured } from './measure.ts'

const POLLS = 1000

/** 1,000 polls of an unchanged repository against 1,000 bare `git ls-remote` of it, spread over each other. */
export async function benchPolls(): Promise<Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'setpoint-bench-'))
  try {
    const repository = makeRepository(join(folder, 'repository'))
    const { look, trees, close } = await follow(repository, join(folder, 'cache'))
    let [ours, bare] = [0, 0]
    for (let i = 0; i < POLLS; i++) {
      ours += await timed(look)
      bare += await timed(async () => void lsRemote(repository))
    }
    await close()
    if (trees() !== 1) throw new Error('an unchanged repository was read more than once')
    const note = `${(ours / POLLS).toFixed(2)} ms against ${(bare / POLLS).toFixed(2)} ms`
    return [
      {
        name: 'a poll of an unchanged repository, against a bare `git ls-remote`',
        value: ours / bare,
        unit: 'times',
        limit: 1.3,
        note,
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function makeRepository(path: string): string {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=b', '-c', 'user.email=b@localhost', ...args])
  git('init', '-q', '-b', 'main', path)
  writeFileSync(join(path, 'compose.yaml'), 'name: web\nservices: {app: {image: busybox}}\n')
  git('-C', path, 'add', '.')
  git('-C', path, 'commit', '-qm', 'first')
  return path
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

async function follow(url: string, cache: string) {
  const options = {
    url,
    branch: 'main',
    directory: '',
    interval: 3_600_000,
    retryInterval: 3_600_000,
    allowEmpty: false,
  }
  const [source] = openSources([options], { cache, log: quiet })
  if (source === undefined) throw new Error('no source')
  let trees = 0
  const poller = poll(source, options, {
    onTree: () => {
      trees += 1
    },
    onError: (error) => {
      throw error
    },
  })
  await poller.wake()
  return {
    look: poller.wake,
    trees: () => trees,
    close: async () => {
      await poller.stop()
      await source.close()
    },
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

function lsRemote(repository: string): void {
  if (spawnSync('git', ['ls-remote', repository, 'refs/heads/main']).status !== 0)
    throw new Error('git ls-remote failed')
}
