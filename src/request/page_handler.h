/* page_handler.h: `SetHandler plusauth-page`, which serves the place's PlusAuthPage. */
#ifndef PA_PAGE_HANDLER_H
#define PA_PAGE_HANDLER_H

void pa_page_handler_register(void);

#endif
