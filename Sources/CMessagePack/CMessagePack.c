#include "CMessagePack.h"
