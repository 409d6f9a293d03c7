import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readVariables } from '../../../../controller/cli/options/variables-files.ts'
import { run } from '../../../../controller/cli/program.ts'
import { testContext } from '../api-at.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-variables-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function put(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

describe('the variables of sources', () => {
  it('come from files for all sources, and over them from those for one', async () => {
    const all = await put('all.env', 'TAG=1\nTEAM="a b"\n')
    const one = await put('one.env', 'TAG=2\n')
    expect(await readVariables([all, `infra=${one}`], ['infra', 'apps'])).toEqual([
      { TAG: '2', TEAM: 'a b' },
      { TAG: '1', TEAM: 'a b' },
    ])
  })

  it.each<[string, string, RegExp]>([
    ['a line that is none', 'A=1\nnot a line\n', /vars\.env:2:1/],
    ['an open quote', 'A="1\n', /vars\.env:1:\d+ .*quote/],
  ])('are refused with the place of %s', async (_what, text, message) => {
    await expect(readVariables([await put('vars.env', text)], ['infra'])).rejects.toThrow(message)
  })

  it('are refused for a source that there is not', async () => {
    const text = `shop=${await put('vars.env', 'A=1\n')}`
    await expect(readVariables([text], ['infra'])).rejects.toMatchObject({
      message: expect.stringMatching(/source shop, which there is not/),
      hint: 'The only source is called "infra".',
    })
    await expect(readVariables([text], ['infra', 'apps'])).rejects.toMatchObject({
      hint: 'The sources are called "infra", "apps".',
    })
  })

  it('are refused when the file has no end', async () => {
    await expect(readVariables(['/dev/zero'], ['infra'])).rejects.toThrow(/no regular file/)
  })

  it('are refused when the file is not there', async () => {
    await expect(readVariables([join(folder, 'none.env')], ['infra'])).rejects.toThrow(/cannot be read/)
  })

  it('count in validate as in a controller', async () => {
    const stack = await put('shop.stack.yaml', 'services: {web: {image: "localhost/web:$TAG"}}\n')
    const file = await put('vars.env', 'TAG=1\n')
    const without = testContext({})
    const given = testContext({})
    expect(await run(['validate', stack], without)).toBe(1)
    expect(await run(['validate', stack, '--variables', file], given)).toBe(0)
  })
})
