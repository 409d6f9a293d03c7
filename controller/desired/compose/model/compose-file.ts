import { honoured, ignored, LATER, refused } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { mapping, named, string } from './common.ts'
import { config, secret } from './file-object.ts'
import { includes } from './include.ts'
import { model } from './models.ts'
import { network } from './network.ts'
import { service } from './service.ts'
import { setpoint } from './setpoint.ts'
import { volume } from './volume.ts'

/** A compose file (Compose Specification §Compose file). */
export const composeFile: Shape = mapping('a mapping with services', {
  name: honoured(string, 'The name of the stack; by default that of the folder.'),
  version: ignored(string, 'The version of an older format.', {
    reason: 'obsolete, the Compose Specification has no versions',
  }),
  include: honoured(includes, 'Compose files that are taken in, each with paths and variables of its own.'),
  services: honoured(named(service, 'a mapping of services'), 'The services of the stack, by name.'),
  networks: honoured(named(network, 'a mapping of networks'), 'The networks that services join, by name.'),
  volumes: honoured(named(volume, 'a mapping of volumes'), 'The volumes that services mount, by name.'),
  secrets: honoured(named(secret, 'a mapping of secrets'), 'Secrets that services see as files, by name.'),
  configs: honoured(named(config, 'a mapping of configs'), 'Files that services see, by name.'),
  models: refused(named(model, 'a mapping of models'), 'Language models that services use, by name.', {
    reason: LATER,
    instead: 'run the model as a service',
  }),
  'x-setpoint': honoured(setpoint, "Setpoint's own settings of the stack."),
})
