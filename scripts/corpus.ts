// Runs the loader over recorded answers of Docker Compose, and tells where it answers otherwise.
import { resolve as absolute } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../schemas/error.ts'
import { deploy } from './corpus/deploy.ts'
import { mount } from './corpus/mounted-files.ts'
import { recordedIn } from './corpus/recorded.ts'
import { details, summary } from './corpus/report.ts'
import { resolve } from './corpus/resolve.ts'
import { compare, isOpen } from './corpus/verdict.ts'

const USAGE = `usage: npm run corpus -- FOLDER [--set NAME] [--only SUBSTRING] [--json]

FOLDER holds oracle.json, projects.json, golden/, cases/ and the files of a set (default: dev).
Exit code: 0 each difference has a known reason · 1 some have none · 2 wrong usage`

interface Flags {
  corpus: string
  set: string
  only: string
  json: boolean
}

function run({ corpus, set, only, json }: Flags): number {
  const mounted = mount(corpus)
  const recorded = recordedIn(corpus, set).filter(({ id }) => id.includes(only))
  if (recorded.length === 0) return refuse(`${corpus} has no recorded answer of that set and name`)
  const compared = recorded.map((one) => compare(one, resolve(one, mounted)))
  const files = recorded.filter(({ id }) => id.startsWith(`${set}/`))
  const deployed = files.map(({ id }) => deploy(corpus, id))
  const text = [...compared.flatMap(details), '', ...summary(compared, deployed)].join('\n')
  console.log(json ? JSON.stringify({ compared, deployed }, null, 2) : text)
  return compared.some(isOpen) ? 1 : 0
}

function flagsOf(argv: string[]): Flags {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      set: { type: 'string', default: 'dev' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  })
  const [folder, ...others] = positionals
  if (folder === undefined || others.length > 0) throw new Error('one FOLDER is needed')
  return { ...values, corpus: absolute(folder) }
}

function refuse(reason: string): number {
  console.error(`${reason}\n\n${USAGE}`)
  return 2
}

function main(argv: string[]): number {
  let flags: Flags
  try {
    flags = flagsOf(argv)
  } catch (error) {
    return refuse(messageOf(error))
  }
  return run(flags)
}

process.exitCode = main(process.argv.slice(2))
