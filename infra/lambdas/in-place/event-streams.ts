/** In place of the SDK's streams of events, in Lambdas: S3's client reads one after `SelectObjectContent` alone. */
export const eventStreamSerdeProvider = () => undefined;
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;
