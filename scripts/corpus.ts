// Runs the loader over recorded answers of Docker Compose, and tells where it answers otherwise.
import { resolve as absolute } from 'node:path'
import { parseArgs } from 'node:util'
import { deploy } from './corpus/deploy.ts'
import { mount } from './corpus/mounted-files.ts'
import { recordedIn } from './corpus/recorded.ts'
import { details, summary } from './corpus/report.ts'
import { resolve } from './corpus/resolve.ts'
import { compare, isOpen } from './corpus/verdict.ts'

const USAGE = `usage: npm run corpus -- FOLDER [--set NAME] [--only SUBSTRING] [--json]

FOLDER holds oracle.json, projects.json, golden/, cases/ and the files of a set (default: dev).`

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    set: { type: 'string', default: 'dev' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})

const [folder] = positionals
if (folder === undefined) {
  console.error(USAGE)
  process.exit(2)
}

const corpus = absolute(folder)
const mounted = mount(corpus)
const recorded = recordedIn(corpus, flags.set).filter(({ id }) => id.includes(flags.only))
const compared = recorded.map((one) => compare(one, resolve(one, mounted)))
const files = recorded.filter(({ id }) => id.startsWith(`${flags.set}/`))
const deployed = files.map(({ id }) => deploy(corpus, id))

if (flags.json) console.log(JSON.stringify({ compared, deployed }, null, 2))
else console.log([...compared.flatMap(details), '', ...summary(compared, deployed)].join('\n'))
process.exitCode = recorded.length === 0 || compared.some(isOpen) ? 1 : 0
