import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { PUBLISHED_FOLDER, publishedSchemas } from '../scripts/schemas.ts'

const schemas = publishedSchemas()

describe('published schemas', () => {
  it.each([...schemas.keys()])('%s is what its declaration says (npm run schemas writes it)', (file) => {
    const path = join(PUBLISHED_FOLDER, file)
    expect(existsSync(path) && readFileSync(path, 'utf8')).toBe(schemas.get(file))
  })

  it('has no file that nothing declares', () => {
    expect(readdirSync(PUBLISHED_FOLDER).sort()).toEqual([...schemas.keys()].sort())
  })

  it.each([...schemas])('%s is a JSON Schema that a validator takes', (_file, text) => {
    expect(() => new Ajv({ strict: false }).compile(JSON.parse(text))).not.toThrow()
  })
})
