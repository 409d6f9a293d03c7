import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deploy } from '../../../../scripts/corpus/deploy.ts'
import { mount } from '../../../../scripts/corpus/mounted-files.ts'
import { recordedIn } from '../../../../scripts/corpus/recorded.ts'
import { resolve } from '../../../../scripts/corpus/resolve.ts'

let corpus: string
beforeEach(() => {
  corpus = mkdtempSync(join(tmpdir(), 'setpoint-corpus-'))
})
afterEach(() => rmSync(corpus, { recursive: true }))

function put(path: string, content: unknown): void {
  const file = join(corpus, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
}

const HOME = { HOME: '/home/user' }

describe('what is on record', () => {
  it('are the files of a set', () => {
    put('oracle.json', {
      'dev/a__b/c/d.yml': { set: 'dev', v2_40: { rc: 0, err: '' } },
      'dev/a__b/e.yml': { set: 'dev', v2_40: { rc: 1, err: 'a warning\nno image\n' } },
      'other/f.yml': { set: 'other', v2_40: { rc: 0 } },
    })
    put('golden/dev/a__b/c/d.yml.compose-2.40.json', { name: 'c' })
    expect(recordedIn(corpus, 'dev')).toEqual([
      {
        id: 'dev/a__b/c/d.yml',
        cwd: '/corpus/dev/a__b/c',
        files: ['d.yml'],
        env: HOME,
        answer: { accepted: true, model: { name: 'c' } },
      },
      {
        id: 'dev/a__b/e.yml',
        cwd: '/corpus/dev/a__b',
        files: ['e.yml'],
        env: HOME,
        answer: { accepted: false, message: 'no image' },
      },
    ])
    expect(recordedIn(corpus, 'other')).toMatchObject([{ answer: { accepted: true, model: undefined } }])
  })

  it('are projects of several files, and cases', () => {
    const env = { A: '1' }
    put('projects.json', [
      { id: 'p', set: 'dev', cwd: 'dev/x', files: ['a', 'b'], env, result: { v2_40: { rc: 0 } } },
      { id: 'q', set: 'other', cwd: 'dev/x', files: ['a'], env, result: { v2_40: { rc: 0 } } },
    ])
    put('golden/projects/p.compose-2.40.json', { name: 'x' })
    put('cases/001/case.json', { env: {}, args: ['NONE'], cwd: 'p' })
    put('cases/001/expected.compose-2.40.json', { rc: 0, stdout: '{"name": "p"}', stderr: '' })
    put('cases/002/case.json', { env, args: [], cwd: 'p' })
    put('cases/002/expected.compose-2.40.json', { rc: 1, stdout: '', stderr: 'no\n' })
    expect(recordedIn(corpus, 'dev')).toMatchObject([
      { id: 'p', cwd: '/corpus/dev/x', files: ['a', 'b'], env: { ...HOME, A: '1' } },
      { id: 'cases/001', cwd: '/cases/001/p', files: [], answer: { model: { name: 'p' } } },
      { id: 'cases/002', files: ['compose.yaml'], env: { A: '1' }, answer: { message: 'no' } },
    ])
  })
})

describe('a project of a corpus', () => {
  const recorded = {
    id: 'dev/x/c.yml',
    cwd: '/corpus/dev/x',
    files: ['c.yml'],
    env: HOME,
    answer: { accepted: false, message: '' } as const,
  }

  it('is resolved as if the corpus stood where Compose saw it', () => {
    put('dev/x/c.yml', 'services: {web: {image: x, volumes: ["./data:/data", "~/home:/home"]}}\n')
    expect(resolve(recorded, mount(corpus)).outcome).toMatchObject({
      accepted: true,
      model: {
        name: 'x',
        services: { web: { volumes: [{ source: '/corpus/dev/x/data' }, { source: '/home/user/home' }] } },
      },
    })
  })

  it('is refused with the first error, and sees nothing beside the corpus', () => {
    put('dev/x/c.yml', 'services: {web: {image: x, env_file: /etc/hostname}}\n')
    expect(resolve(recorded, mount(corpus)).outcome).toEqual({
      accepted: false,
      message: expect.stringMatching(/^\/corpus\/dev\/x\/c\.yml:1:\d+ services\.web\.env_file/),
    })
  })

  it('is deployed as the one stack of its folder', () => {
    put('dev/a__b/c/docker-compose.web.yml', 'services: {web: {image: localhost/x:1}}\n')
    put('dev/a__b/c/compose.yaml', 'services: nope\n')
    expect(deploy(corpus, 'dev/a__b/c/docker-compose.web.yml')).toEqual({
      id: 'dev/a__b/c/docker-compose.web.yml',
      isAccepted: true,
      isAcceptedWithMounts: true,
      errors: [],
    })
    expect(deploy(corpus, 'dev/a__b/c/compose.yaml')).toMatchObject({
      isAccepted: false,
      errors: [{ file: 'c/compose.yaml', path: 'services' }],
    })
  })
})
