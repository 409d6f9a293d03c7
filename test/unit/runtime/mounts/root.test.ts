import { describe, expect, it } from 'vitest'
import { agentPaths } from '../../../../agent/paths.ts'
import { checkFolders } from '../../../../agent/runtime/mounts/root.ts'

describe('the folders of an agent', () => {
  it.each(['/a,b', '/a:b', '/a b', '/a"b', '/a\\b'])(
    'cannot be %s, which overlayfs would misread',
    (folder) => {
      expect(() => checkFolders(agentPaths(folder))).toThrow('overlayfs cannot be used below')
      expect(() => checkFolders(agentPaths('/state', folder))).toThrow('overlayfs cannot be used below')
    },
  )

  it('can be any other', () => {
    expect(() => checkFolders(agentPaths('/var/lib/setpoint-ü_1.2'))).not.toThrow()
  })
})
