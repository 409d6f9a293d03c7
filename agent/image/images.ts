import type { ImageConfig, ImageSource } from '../../schemas/image.ts'
import type { Caller } from './while-wanted.ts'

/** An image that is on this host, its file system mounted read-only. */
export interface ResolvedImage {
  /** The image's id (hash of its config), without algorithm prefix. */
  id: string
  reference: string
  /** Where its file system is mounted. */
  root: string
  config: ImageConfig
}

/** Gets images onto the host: from containers-storage, pulled, or built from an image spec. */
export interface Images {
  /**
   * The image, pulled as its policy says, or built. Callers that ask for the same image at once share one pull or build;
   * it is called off when the signals of all of them have aborted. `tell` hears how far it has come. The latest images of
   * a `service` (`stack/service`) are kept, for a rollback.
   * @throws SetpointError IMAGE_NOT_FOUND, IMAGE_PULL_FAILED, IMAGE_BUILD_FAILED or DISK_FULL
   */
  resolve(source: ImageSource, caller?: Caller & { service?: string }): Promise<ResolvedImage>
  /**
   * Mounts an image, which is here, for a task with users of its own: each id is `first` more than in the image.
   * Repeatable. @returns where
   */
  mountFor(taskId: string, id: string, first: number): Promise<string>
  /** Unmounts what `mountFor` has mounted for a task. Repeatable. */
  unmountFor(taskId: string): Promise<void>
  /**
   * Unmounts every image root that no task needs and none has asked for lately.
   * @param inUse asked of an image's id when it is its turn
   */
  release(inUse: (id: string) => boolean): Promise<void>
}
