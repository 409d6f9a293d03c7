import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { openSources } from '../../controller/git/open.ts'
import type { Source } from '../../controller/git/source.ts'
import { type GitServer, startGitServer } from '../unit/git/git-server.ts'
import {
  type Files,
  gitIn,
  makeRepository,
  sourceOptions,
  tempFolder,
  testLog,
  writeFiles,
} from '../unit/git/repositories.ts'
import { describeSource, type SourcePlace } from './source.contract.ts'

const sources: Source[] = []
const servers: GitServer[] = []

afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.close()))
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

function opener(url: string): SourcePlace['open'] {
  return (directory = '') => {
    const options = { cache: join(tempFolder(), 'cache'), log: testLog() }
    const opened = openSources([sourceOptions(url, { directory })], options)
    sources.push(...opened)
    return opened[0] as Source
  }
}

function mover(path: string) {
  return { vanish: () => renameSync(path, `${path}.away`), comeBack: () => renameSync(`${path}.away`, path) }
}

async function workTree(files: Files): Promise<SourcePlace> {
  const repository = makeRepository(files)
  return {
    open: opener(repository.path),
    change: (changed) => void repository.commit(changed),
    remove(path) {
      repository.git('rm', '-rq', path)
      repository.commit({})
    },
    ...mover(repository.path),
  }
}

/** A bare repository that is pushed to. */
function bare(files: Files) {
  const author = makeRepository(files)
  const path = join(tempFolder(), 'infra.git')
  gitIn(author.path, 'clone', '-q', '--bare', author.path, path)
  const push = () => void author.git('push', '-q', path, 'main')
  return {
    path,
    change(changed: Files) {
      author.commit(changed)
      push()
    },
    remove(file: string) {
      author.git('rm', '-rq', file)
      author.commit({})
      push()
    },
  }
}

async function served(files: Files): Promise<SourcePlace> {
  const repository = bare(files)
  const server = await startGitServer(join(repository.path, '..'))
  servers.push(server)
  return {
    open: opener(`${server.url}/infra.git`),
    change: repository.change,
    remove: repository.remove,
    vanish: () => server.answer(503),
    comeBack: () => server.answer(null),
  }
}

async function folder(files: Files): Promise<SourcePlace> {
  const path = join(tempFolder(), 'stacks')
  mkdirSync(path)
  writeFiles(path, files)
  return {
    open: opener(path),
    change: (changed) => writeFiles(path, changed),
    remove: (file) => rmSync(join(path, file), { recursive: true }),
    ...mover(path),
  }
}

describeSource('a repository with a work tree', { make: workTree, noticesChanges: true })
describeSource('a bare repository', {
  noticesChanges: true,
  async make(files) {
    const repository = bare(files)
    return { open: opener(repository.path), ...repository, ...mover(repository.path) }
  },
})
describeSource('a repository at a server', { make: served, noticesChanges: false })
describeSource('a watched folder', { make: folder, noticesChanges: true })
