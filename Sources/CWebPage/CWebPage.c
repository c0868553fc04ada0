#include "CWebPage.h"

// The compiler itself reads the page (C23 #embed) and names the files in its dependency file, so
// that a changed page is embedded anew by the next build. Generated code would go stale instead.
#if defined(__has_embed)
#if __has_embed("../../Clients/web/index.html")
#define HYOSHI_HAS_PAGE 1
#endif
#endif

#ifdef HYOSHI_HAS_PAGE

// Before C23 is the default, #embed is an extension that clang offers in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

#define HTML "text/html; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define SVG "image/svg+xml"
#define JAVASCRIPT "text/javascript; charset=utf-8"

static const uint8_t index_html[] = {
#embed "../../Clients/web/index.html"
};
static const uint8_t style_css[] = {
#embed "../../Clients/web/style.css"
};
static const uint8_t favicon_svg[] = {
#embed "../../Clients/web/favicon.svg"
};
static const uint8_t main_js[] = {
#embed "../../Clients/web/main.js"
};
static const uint8_t arena_js[] = {
#embed "../../Clients/web/arena.js"
};
static const uint8_t background_js[] = {
#embed "../../Clients/web/background.js"
};
static const uint8_t beat_js[] = {
#embed "../../Clients/web/beat.js"
};
static const uint8_t camera_js[] = {
#embed "../../Clients/web/camera.js"
};
static const uint8_t connection_js[] = {
#embed "../../Clients/web/connection.js"
};
static const uint8_t debug_css[] = {
#embed "../../Clients/web/debug.css"
};
static const uint8_t debug_html[] = {
#embed "../../Clients/web/debug.html"
};
static const uint8_t debug_js[] = {
#embed "../../Clients/web/debug.js"
};
static const uint8_t delay_js[] = {
#embed "../../Clients/web/delay.js"
};
static const uint8_t effects_js[] = {
#embed "../../Clients/web/effects.js"
};
static const uint8_t hud_js[] = {
#embed "../../Clients/web/hud.js"
};
static const uint8_t hyoshi_js[] = {
#embed "../../Clients/web/hyoshi.js"
};
static const uint8_t input_js[] = {
#embed "../../Clients/web/input.js"
};
static const uint8_t netcode_js[] = {
#embed "../../Clients/web/netcode.js"
};
static const uint8_t palette_js[] = {
#embed "../../Clients/web/palette.js"
};
static const uint8_t render_js[] = {
#embed "../../Clients/web/render.js"
};
static const uint8_t replay_html[] = {
#embed "../../Clients/web/replay.html"
};
static const uint8_t replay_css[] = {
#embed "../../Clients/web/replay.css"
};
static const uint8_t replay_js[] = {
#embed "../../Clients/web/replay.js"
};
static const uint8_t replay_page_js[] = {
#embed "../../Clients/web/replay-page.js"
};
static const uint8_t replay_pictures_js[] = {
#embed "../../Clients/web/replay-pictures.js"
};
static const uint8_t sketch_js[] = {
#embed "../../Clients/web/sketch.js"
};
static const uint8_t timeline_js[] = {
#embed "../../Clients/web/timeline.js"
};
static const uint8_t wire_js[] = {
#embed "../../Clients/web/wire.js"
};

#define FILE_AT(path, type, content) {path, type, content, sizeof(content)}

static const struct hyoshi_web_file files[] = {
    FILE_AT("/", HTML, index_html),
    FILE_AT("/style.css", CSS, style_css),
    FILE_AT("/favicon.svg", SVG, favicon_svg),
    FILE_AT("/main.js", JAVASCRIPT, main_js),
    FILE_AT("/arena.js", JAVASCRIPT, arena_js),
    FILE_AT("/background.js", JAVASCRIPT, background_js),
    FILE_AT("/beat.js", JAVASCRIPT, beat_js),
    FILE_AT("/camera.js", JAVASCRIPT, camera_js),
    FILE_AT("/connection.js", JAVASCRIPT, connection_js),
    FILE_AT("/debug", HTML, debug_html),
    FILE_AT("/debug.css", CSS, debug_css),
    FILE_AT("/debug.js", JAVASCRIPT, debug_js),
    FILE_AT("/delay.js", JAVASCRIPT, delay_js),
    FILE_AT("/effects.js", JAVASCRIPT, effects_js),
    FILE_AT("/hud.js", JAVASCRIPT, hud_js),
    FILE_AT("/hyoshi.js", JAVASCRIPT, hyoshi_js),
    FILE_AT("/input.js", JAVASCRIPT, input_js),
    FILE_AT("/netcode.js", JAVASCRIPT, netcode_js),
    FILE_AT("/palette.js", JAVASCRIPT, palette_js),
    FILE_AT("/render.js", JAVASCRIPT, render_js),
    FILE_AT("/replay", HTML, replay_html),
    FILE_AT("/replay.css", CSS, replay_css),
    FILE_AT("/replay.js", JAVASCRIPT, replay_js),
    FILE_AT("/replay-page.js", JAVASCRIPT, replay_page_js),
    FILE_AT("/replay-pictures.js", JAVASCRIPT, replay_pictures_js),
    FILE_AT("/sketch.js", JAVASCRIPT, sketch_js),
    FILE_AT("/timeline.js", JAVASCRIPT, timeline_js),
    FILE_AT("/wire.js", JAVASCRIPT, wire_js),
};

const struct hyoshi_web_file *const hyoshi_web_files = files;
const size_t hyoshi_web_file_count = sizeof(files) / sizeof(files[0]);

#else

static const struct hyoshi_web_file none = {"", "", (const uint8_t *)"", 0};

const struct hyoshi_web_file *const hyoshi_web_files = &none;
const size_t hyoshi_web_file_count = 0;

#endif
