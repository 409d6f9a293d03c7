import { honoured, ignored, refused } from '../../marks.ts'
import type { Key, Shape } from '../../shape.ts'
import { build } from '../build.ts'
import { command } from '../command.ts'
import { boolean, string } from '../common.ts'
import { develop } from '../develop.ts'
import { envFile, labelFile } from '../env-file.ts'
import { extending } from '../extends.ts'
import { environment, keyValues, labels } from '../pairs.ts'
import { profiles } from '../profiles.ts'
import { provider } from '../provider.ts'

const pullPolicy: Shape = {
  expected: 'always, missing, never, build, refresh, daily, weekly or every_ with a time, as in every_12h',
  scalar: {
    types: ['string'],
    pattern: /^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_(\d+[wdhms])+)$/,
  },
}

/** What a service runs, and with which words and variables. */
export const run: Record<string, Key> = {
  image: honoured(
    string,
    'The image: the name of an image spec beside this file, or a reference as in `nginx:1.29`.',
  ),
  build: ignored(build, 'How `docker compose build` makes the image.', {
    reason: 'images are built from image specs; the image that `image` names is pulled',
  }),
  pull_policy: honoured(
    pullPolicy,
    'When the image is looked up: `missing` (default), `always`, `never`, `daily`, `weekly`, `every_12h`.',
  ),
  pull_refresh_after: ignored(string, 'After what time an image is pulled again.', {
    reason: 'images are pulled as pull_policy says',
  }),
  platform: honoured(string, 'The platform of the image, as in `linux/arm64`; absent, that of the host.'),
  entrypoint: honoured(command, 'The program, in place of that of the image.'),
  command: honoured(command, 'The arguments of the entrypoint, in place of those of the image.'),
  environment: honoured(environment, 'Variables of the container; they win over those of `env_file`.'),
  env_file: honoured(envFile, 'Files of variables of the container, the later winning.'),
  working_dir: honoured(string, 'The folder in the container that the program starts in.'),
  labels: honoured(labels, 'Labels of the containers.'),
  label_file: honoured(labelFile, 'Files of labels of the containers; `labels` win over them.'),
  annotations: ignored(keyValues, 'Annotations of the containers.', {
    reason: 'annotations reach no container; use labels',
  }),
  extends: honoured(extending, 'Takes over the keys of another service; what stands here wins.'),
  profiles: honoured(profiles, 'The service is there only where one of these profiles is active.'),
  provider: refused(provider, 'A program that runs the service in place of containers.', {
    reason: 'a provider is a program on the machine of whoever runs compose',
    instead: 'run it as a service',
  }),
  develop: ignored(develop, 'What `docker compose watch` does when files change.', {
    reason: 'it is for development with `docker compose watch`',
  }),
  attach: ignored(boolean, 'Whether `docker compose up` shows the log.', {
    reason: 'it tells `docker compose up` whose log to show; see `setpoint logs`',
  }),
}
