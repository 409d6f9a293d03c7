import { describe, expect, test } from 'vitest'
import { aService, loadFiles, shown } from './support.ts'

const SECRET = 'hunter2hunter2'

/** The problems of service `a` with the lines given, whose variable PW is a secret. */
function told(lines: string): string[] {
  const files = { 'web/compose.yaml': aService(lines), 'web/.env': `PW=${SECRET}` }
  return (loadFiles(files).stacks[0]?.problems ?? []).map(
    (problem) => `${shown(problem)} ${JSON.stringify(problem)}`,
  )
}

describe('what a variable gives stands in no problem (law 6)', () => {
  test.each([
    'ports: ["8080:${PW}"]',
    'ports: ["${PW}"]',
    'ports: ["${PW}:1:80"]',
    'stop_grace_period: ${PW}',
    'mem_limit: ${PW}',
    'restart: ${PW}',
    'hostname: "${PW} x"',
    'user: "${PW} x"',
    'cap_add: ["${PW}"]',
    'env_file: ${PW}',
    'extends: {service: "${PW}"}',
    'healthcheck: {test: ["${PW}"]}',
    'stop_signal: ${PW}',
    'pull_policy: ${PW}',
    'deploy: {replicas: "${PW}"}',
    'deploy: {update_config: {order: "${PW}"}}',
    'image: "${PW} x"',
  ])('%s', (lines) => {
    const problems = told(lines)
    expect(problems).not.toEqual([])
    for (const line of problems) expect(line).not.toContain('hunter2')
  })

  test.each(['DB PASSWORD=hunter2', 'hunter2 hunter2', '=hunter2', 'X="hunter2'])(
    'a line of .env: %s',
    (line) => {
      const files = { 'web/compose.yaml': aService(''), 'web/.env': line }
      const text = JSON.stringify(loadFiles(files).stacks[0]?.problems)
      expect(text).not.toContain('hunter2')
    },
  )
})
