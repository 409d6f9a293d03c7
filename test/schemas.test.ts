import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { publishedFiles, SCHEMA_FOLDER } from '../scripts/generate.ts'
import { ROOT } from './support/imports.ts'

const files = await publishedFiles()
const schemas = [...files].filter(([path]) => path.startsWith(SCHEMA_FOLDER))

describe('what is published', () => {
  it.each([...files.keys()])('%s is what its declaration says (npm run generate writes it)', (path) => {
    const file = join(ROOT, path)
    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(files.get(path))
  })

  it('has no schema that nothing declares', () => {
    const found = readdirSync(join(ROOT, SCHEMA_FOLDER)).map((name) => `${SCHEMA_FOLDER}/${name}`)
    expect(found.sort()).toEqual(schemas.map(([path]) => path).sort())
  })

  it.each(schemas)('%s is a JSON Schema that a validator takes', (_path, text) => {
    expect(() => new Ajv({ strict: false }).compile(JSON.parse(text))).not.toThrow()
  })
})
