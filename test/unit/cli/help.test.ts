import { describe, expect, it } from 'vitest'
import { run } from '../../../controller/cli/program.ts'
import { testContext } from './api-at.ts'

async function helpOf(...argv: string[]): Promise<string> {
  const context = testContext({})
  expect(await run([...argv, '--help'], context)).toBe(0)
  return context.stdout.join('\n')
}

/** The names in a list of commands, as `--help` prints it. */
function commandsIn(help: string): string[] {
  return [...help.matchAll(/^ {2}([a-z]+) .*(?: {2,}\S|$)/gm)].map(([, name]) => name ?? '').filter(isCommand)
}

const isCommand = (name: string) => !['help', 'setpoint'].includes(name)

async function everyCommand(): Promise<string[][]> {
  const top = commandsIn((await helpOf()).split('\nExit code')[0] ?? '')
  const below = await Promise.all(
    top.map(async (name) => {
      const [, list = ''] = (await helpOf(name)).split('\nCommands:\n')
      return commandsIn(list.split('\n\n')[0] ?? '').map((sub) => [name, sub])
    }),
  )
  return [...top.map((name) => [name]), ...below.flat()]
}

const COMMANDS = await everyCommand()

it('knows every command', () => {
  const names = COMMANDS.map((argv) => argv.join(' '))
  for (const name of ['status', 'volumes', 'volumes rm', 'hosts trust', 'secret set'])
    expect(names).toContain(name)
})

describe.each(COMMANDS.map((argv) => ({ name: argv.join(' '), argv })))('$name', ({ argv }) => {
  it('says what it does and what its arguments are', async () => {
    const help = await helpOf(...argv)
    const [usage = '', description = ''] = help.split('\n\n')
    expect(usage).toContain(argv.join(' '))
    expect(description).toMatch(/^[A-Z].*\.$/s)
    expect(help).not.toContain('default: []')
    const [, list] = help.split('\nArguments:\n')
    for (const line of list?.split('\n\n')[0]?.split('\n') ?? []) expect(line).toMatch(/\S {2,}\S|^ {10,}\S/)
  })

  it('refuses an option that it does not know with 2 and a way on', async () => {
    const context = testContext({})
    expect(await run([...argv, '--nope'], context)).toBe(2)
    expect(context.stdout).toEqual([])
    expect(context.stderr.join('\n')).toMatch(/^setpoint: unknown option '--nope'\n {2}\S/)
  })
})
