#include "CWebPage.h"
