import { mapNode, scalarNode, textNode } from '../../yaml/node.ts'
import { honoured, ignored } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { boolean, oneOf } from './common.ts'
import { namesOrMap } from './list-to-map.ts'

const dependency: Shape = {
  expected: 'a mapping with a condition, as in condition: service_healthy',
  map: {
    keys: {
      condition: honoured(
        oneOf('service_started', 'service_healthy', 'service_completed_successfully'),
        'What is waited for: that it has started, is healthy, or has ended well. By default that it has started.',
      ),
      required: ignored(
        boolean,
        'With false, the service may be left out by its profiles. By default true.',
        { reason: 'a service that runs is waited for all the same', usual: [true] },
      ),
      restart: ignored(boolean, 'A restart of that service restarts this one too.', {
        reason: 'a service is not restarted with the one it depends on',
        usual: [false],
      }),
    },
  },
}

/**
 * Compose Specification §depends_on: services to what is waited for. What a mapping leaves out it may take over from an
 * earlier file, so `setDefaults` fills it in once all are merged.
 */
export const dependsOn: Shape = namesOrMap({
  expected: 'a list or a mapping of services, as in [db]',
  name: 'the name of a service',
  settings: dependency,
  plain: (like) =>
    mapNode(like, { condition: textNode(like, 'service_started'), required: scalarNode(like, true) }),
})
