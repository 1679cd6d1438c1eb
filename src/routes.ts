import * as tokens from "./auth/tokens.ts";
import * as catalogue from "./catalogue/routes.ts";
import type { Route } from "./http/route.ts";
import { docsRoute, openApiRoute } from "./openapi/routes.ts";
import { attachRoute } from "./operate/attach-unmatched.ts";
import * as deadLetters from "./operate/dead-letters.ts";
import { editRoute } from "./operate/edit-transcript.ts";
import { deletionRoute } from "./operate/erase-transcript.ts";
import { healthRoute } from "./operate/health.ts";
import { promotionRoute } from "./operate/promote-version.ts";
import * as quarantine from "./operate/quarantine.ts";
import { PAGES } from "./pages/routes.ts";
import { eventsRoute } from "./read/events.ts";
import { searchWithinRoute } from "./read/search-transcript.ts";
import * as shares from "./read/shares.ts";
import { namesRoute, newNamesRoute } from "./read/speaker-names.ts";
import { statusRoute } from "./read/status.ts";
import { timelineRoute } from "./read/timeline.ts";
import { transcriptFileRoute, transcriptRoute } from "./read/transcript.ts";
import { translationFileRoute, translationRoute } from "./read/translation.ts";
import * as callbacks from "./receive/routes.ts";
import { expectedRoute } from "./submit/expected.ts";
import { followUpsRoute, retryRoute } from "./submit/follow-ups.ts";
import { listenRoute } from "./submit/listen.ts";
import { retryAllRoute } from "./submit/retry-all.ts";

/** Every operation over HTTP; each is described beside its handler. */
export const ROUTES: readonly Route[] = [
  callbacks.callbackRoute,
  callbacks.callbackByPutRoute,
  callbacks.jobCallbackRoute,
  callbacks.jobCallbackByPutRoute,
  callbacks.socketRoute,
  callbacks.jobSocketRoute,
  healthRoute,
  catalogue.listRoute,
  catalogue.searchRoute,
  catalogue.rebuildRoute,
  openApiRoute,
  docsRoute,
  // The file before the id, which would match it too.
  transcriptFileRoute,
  transcriptRoute,
  statusRoute,
  timelineRoute,
  namesRoute,
  newNamesRoute,
  searchWithinRoute,
  eventsRoute,
  editRoute,
  deletionRoute,
  translationFileRoute,
  translationRoute,
  followUpsRoute,
  retryRoute,
  promotionRoute,
  retryAllRoute,
  listenRoute,
  expectedRoute,
  deadLetters.deadLettersRoute,
  deadLetters.dismissalRoute,
  deadLetters.redriveRoute,
  quarantine.quarantineRoute,
  quarantine.quarantinedRoute,
  quarantine.deleteQuarantinedRoute,
  attachRoute,
  tokens.tokensRoute,
  tokens.newTokenRoute,
  tokens.revokeTokenRoute,
  shares.shareRoute,
  shares.newShareRoute,
  shares.sharesRoute,
  shares.revokeShareRoute,
  ...PAGES,
];
