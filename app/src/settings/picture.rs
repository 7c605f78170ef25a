//! The form of the user's picture. Without scripts the browser sends the file as it is, and the server takes its middle;
//! with scripts, a chunk cuts what is chosen first (`chunks/pictures.rs`).

use crate::{
    page_context::PageContext,
    ui::{avatar_of_size, form_action},
};
use leptos::prelude::*;
use model::{PictureSize, User, picture_of_size};

pub fn picture_form(user: &User) -> AnyView {
    let url = user.avatar_url.as_deref();
    let is_set = url.is_some_and(|url| picture_of_size(url, PictureSize::Large).is_some());
    let problem = expect_context::<PageContext>().form_error;
    let problem = problem.filter(|it| it.errors.iter().any(|error| error.field == "picture"));
    let problem = problem.map(|it| {
        any_view! { <p class="note note-error" role="alert">{it.detail}</p> }
    });
    any_view! {
        <div class="picture-form" data-picture="/me/picture">
            <span class="picture-now">{avatar_of_size(user.id.0, &user.name, url, PictureSize::Large)}</span>
            <div class="grow">
                {problem}
                <form method="post" enctype="multipart/form-data" action=form_action("/form/picture")>
                    <div class="field">
                        <label for="field-picture">"Choose a picture"</label>
                        <input
                            id="field-picture"
                            type="file"
                            name="picture"
                            accept="image/png,image/jpeg,image/webp"
                            aria-describedby="field-picture-hint"
                        />
                        <p class="hint" id="field-picture-hint">
                            "PNG, JPEG or WebP, at most 4 MB. Everybody here sees it."
                        </p>
                    </div>
                    <button class="button button-primary picture-upload">"Upload"</button>
                </form>
                <form method="post" action=form_action("/form/picture/remove") class="picture-remove" hidden=!is_set>
                    <button class="button">"Remove the picture"</button>
                </form>
            </div>
        </div>
    }
}
