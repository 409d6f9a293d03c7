import type { ImageSource } from '../../../schemas/image.ts'
import type { Problem } from '../../../schemas/problem.ts'
import { fail, within } from '../cursor.ts'
import { defined } from '../defined.ts'
import { otherPaths } from '../files/other-paths.ts'
import { errorIn, noteAll } from '../problems.ts'
import type { StackDraft } from '../spec/read-stack.ts'
import type { ServiceDraft } from '../spec/service.ts'
import { quote } from '../yaml/node.ts'
import type { LoadedImage } from './image-spec.ts'
import { normaliseReference } from './references.ts'

/** The image specs of a source by name, and which of them were asked for. */
export interface Catalog {
  find(name: string): LoadedImage | undefined
  /** Every name asked for, with what identified the answer. */
  asked: Map<string, string | undefined>
}

/** Image specs by name; two of one name are both refused. */
export function indexImages(images: LoadedImage[]): Map<string, LoadedImage> {
  const groups = Map.groupBy(images, ({ name }) => name)
  return new Map([...groups].map(([name, same]) => [name, single(name, same)]))
}

function single(name: string, same: LoadedImage[]): LoadedImage {
  const [first] = same
  if (first && same.length === 1) return first
  const paths = same.map(({ path }) => path)
  const problems = same.flatMap((one) => [...one.problems, twice(one.path, name, paths)])
  return { name, path: first?.path ?? '', spec: null, reference: '', problems }
}

function twice(path: string, name: string, paths: string[]): Problem {
  return errorIn(path, `the image ${name} is also declared by ${otherPaths(path, paths)}; rename one`)
}

export function catalogOf(images: Map<string, LoadedImage>): Catalog {
  const asked = new Map<string, string | undefined>()
  return {
    asked,
    find: (name) => {
      const image = images.get(name)
      asked.set(name, image && identityOf(image))
      return image
    },
  }
}

/** What tells two answers for one name apart. */
export function identityOf(image: LoadedImage): string {
  return JSON.stringify([image.reference, image.problems])
}

const BUILT_HERE = 'an image spec is built for the platform of the host; remove it'

function source(reference: string, { pull_policy, platform }: ServiceDraft): ImageSource {
  return { reference, ...(pull_policy ?? { pull: 'missing' }), ...defined({ platform }) }
}

/** The image of each service: a spec of the source where the name is one, else a registry reference in full. */
export function resolveImages(draft: StackDraft, catalog: Catalog): Map<string, ImageSource> {
  const resolved = new Map<string, ImageSource>()
  for (const service of draft.services) {
    if (service.image === undefined) continue
    const at = within(service.at, 'image')
    const declared = catalog.find(service.image)
    if (declared) {
      noteAll(at.problems, declared.problems)
      if (service.platform !== undefined) fail(within(service.at, 'platform'), BUILT_HERE)
      if (declared.spec) {
        resolved.set(service.name, { reference: declared.reference, pull: 'missing', spec: declared.spec })
      }
      continue
    }
    const reference = normaliseReference(service.image)
    if (reference) resolved.set(service.name, source(reference, service))
    else
      fail(
        at,
        `${quote(service.image)} is no image reference, as in nginx:1.29 or registry.example.com/team/app:1`,
      )
  }
  return resolved
}
